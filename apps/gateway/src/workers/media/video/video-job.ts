import { type AccessUnit, type Track, type VideoTrack } from '@vedette/media';
import type { Frame } from 'node-av/lib';
import type { Channel } from '../../channel.ts';
import { AvError } from '../av.ts';
import { PictureDecoder } from './picture-decoder.ts';
import { PictureLadder } from './picture-ladder.ts';
import { RungEncoder } from './rung-encoder.ts';
import type { RungOrder } from './rung-order.ts';

/** Live units that may wait for the decoder: two seconds; from there on it goes on at a random access unit. */
const MAX_WAITING = 50;
/** Units of the group of pictures that a stream keeps for newcomers, which comes at once. */
const MAX_REPLAYED = 4096;
/** The longest time between two IDRs, for newcomers and for segments. */
const MAX_KEY_SECONDS = 2;
/** The shortest: a source of many whole pictures does not make rungs of that. */
const MIN_KEY_SECONDS = 0.5;
/** Units in a row that cannot be decoded before the job gives up. */
const MAX_DAMAGED = 250;
const MAX_ENTRIES = 256;

export interface VideoJobOptions {
  /** Pictures before this time are only decoded: what follows refers to them. */
  readonly liveFromPts: number;
  /** Called before each piece of native work. */
  readonly onWork: () => void;
  /** Pictures were left out: an encoder or the decoder could not keep up. */
  readonly onSkipped: (pictures: number) => void;
  /** Native work is under way until the promise settles. */
  readonly tracked: (work: Promise<unknown>) => unknown;
}

/** The pictures of one camera: decoded once, scaled and encoded for as many rungs as are wanted now. */
export class VideoJob {
  readonly #channel: Channel;
  readonly #options: VideoJobOptions;
  readonly #ladder: PictureLadder;
  readonly #rungs = new Map<Channel, { readonly order: RungOrder; encoder: RungEncoder | undefined }>();
  readonly #waiting: AccessUnit[] = [];
  /** Those of them that are live, and not of the group of pictures that was there before. */
  #waitingLive = 0;
  /** Times of random access units that are being decoded. */
  readonly #entries = new Set<number>();
  #track: VideoTrack | undefined;
  #decoder: PictureDecoder | undefined;
  #running: Promise<void> | undefined;
  #awaitsEntry = true;
  #lastKeyPts = Number.NEGATIVE_INFINITY;
  #mustBeKey = false;
  #damaged = 0;
  #isClosed = false;

  constructor(channel: Channel, options: VideoJobOptions) {
    this.#channel = channel;
    this.#options = options;
    this.#ladder = new PictureLadder(options);
  }

  setTracks(tracks: readonly Track[]): void {
    const track = tracks.find((candidate) => candidate.kind === 'video');
    if (track === undefined) throw new AvError('there is nothing to transcode');
    if (this.#track !== undefined && this.#track.codec !== track.codec) this.#clearWaiting();
    this.#track = track;
    for (const { encoder } of this.#rungs.values()) encoder?.setSource(track);
  }

  addRung(channel: Channel, order: RungOrder): void {
    this.#rungs.set(channel, { order, encoder: undefined });
  }

  async removeRung(channel: Channel): Promise<void> {
    const rung = this.#rungs.get(channel);
    this.#rungs.delete(channel);
    if (rung?.encoder === undefined) return;
    this.#ladder.remove(rung.encoder);
    await rung.encoder.close();
  }

  /** The next picture becomes an IDR in every rung. */
  forceKey(): void {
    this.#mustBeKey = true;
  }

  push(unit: AccessUnit): void {
    if (this.#isClosed) return;
    const isLive = this.#isLive(unit);
    const isFull = isLive ? this.#waitingLive >= MAX_WAITING : this.#waiting.length >= MAX_REPLAYED;
    if (isFull) this.#awaitsEntry = true;
    if (this.#awaitsEntry) {
      if (!unit.isRandomAccess) {
        this.#options.onSkipped(1);
        return;
      }
      // What waits is older than what can be seen now.
      this.#awaitsEntry = false;
      if (this.#waiting.length > 0) this.#options.onSkipped(this.#waiting.length);
      this.#clearWaiting();
    }
    if (isLive) this.#waitingLive += 1;
    this.#waiting.push(unit);
    if (this.#running !== undefined) return;
    this.#running = this.#run();
    this.#options.tracked(this.#running);
  }

  /** Waits for what is under way, then frees everything. Safe to call twice. */
  async close(reason?: string): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#clearWaiting();
    await this.#running;
    await this.#ladder.close();
    await Promise.all([...this.#rungs.keys()].map((channel) => this.removeRung(channel)));
    this.#decoder?.close();
    this.#decoder = undefined;
    this.#channel.close(reason);
  }

  #isLive({ pts }: AccessUnit): boolean {
    return pts > this.#options.liveFromPts;
  }

  #clearWaiting(): void {
    this.#waiting.length = this.#waitingLive = 0;
  }

  async #run(): Promise<void> {
    for (let unit = this.#waiting.shift(); unit !== undefined; unit = this.#waiting.shift()) {
      if (this.#isLive(unit)) this.#waitingLive -= 1;
      try {
        this.#options.onWork();
        await this.#decode(unit);
        this.#damaged = 0;
      } catch (error) {
        this.#damaged += 1;
        if (this.#damaged <= MAX_DAMAGED) continue;
        this.#running = undefined;
        this.#options.tracked(this.close(error instanceof Error ? error.message : String(error)));
        return;
      }
    }
    this.#running = undefined;
  }

  async #decode(unit: AccessUnit): Promise<void> {
    const { track } = unit;
    if (track.kind !== 'video') return;
    if (this.#decoder?.codec !== track.codec) {
      this.#decoder?.close();
      this.#decoder = undefined;
      this.#decoder = await PictureDecoder.open(track);
    }
    if (unit.isRandomAccess) this.#enter(unit.pts);
    await this.#decoder.decode(unit, (frame) => this.#show(frame, track));
  }

  #enter(pts: number): void {
    this.#entries.add(pts);
    const [oldest] = this.#entries;
    if (this.#entries.size > MAX_ENTRIES && oldest !== undefined) this.#entries.delete(oldest);
  }

  #show(frame: Frame, track: VideoTrack): void {
    const pts = Number(frame.pts);
    if (this.#isClosed || pts < this.#options.liveFromPts) return;
    const isKey = this.#isKey(pts, track);
    for (const [channel, rung] of this.#rungs) {
      if (rung.encoder !== undefined) continue;
      rung.encoder = new RungEncoder(channel, rung.order, track, this.#options);
      this.#ladder.add(rung.encoder);
    }
    this.#ladder.offer(frame, pts, isKey);
  }

  /** The same for all rungs, so that players can change from one to another at any of them. */
  #isKey(pts: number, { clockRate, codec }: VideoTrack): boolean {
    const sinceSeconds = (pts - this.#lastKeyPts) / clockRate;
    const isEntry = this.#entries.delete(pts) && codec !== 'mjpeg' && sinceSeconds >= MIN_KEY_SECONDS;
    // Times are rounded.
    const isLate = sinceSeconds >= MAX_KEY_SECONDS - 0.004 || sinceSeconds < 0;
    if (!isEntry && !isLate && !this.#mustBeKey) return false;
    this.#mustBeKey = false;
    this.#lastKeyPts = pts;
    return true;
  }
}
