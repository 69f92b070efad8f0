import { initSegment, ProtocolError, type AccessUnit, type Track } from '@vedette/media';
import { blockingReload, type DeliveryDirectives, type Variant } from '@vedette/protocols';
import type { Reader } from '../../stream/reader.ts';
import type { Stream } from '../../stream/stream.ts';
import { OwnBeginning, type Borrower } from './borrowed-past.ts';
import { playlistEdge, type PlaylistKind, type PlaylistState } from './build-playlist.ts';
import { gapSegment } from './gap-segment.ts';
import { segmentSecondsOf } from './segment-seconds.ts';
import type { HlsOptions } from './hls-options.ts';
import { describeVariant } from './multivariant.ts';
import { chooseTracks, type PlayableTrack } from './playable-tracks.ts';
import { PlaylistCache, type PlaylistBody } from './playlist-cache.ts';
import { parseResourceName } from './resource-names.ts';
import { SegmentSchedule } from './segment-schedule.ts';
import { SegmentWindow, type InitHead } from './segment-window.ts';
import { Segmenter } from './segmenter.ts';
import { WaitingRoom } from './waiting-room.ts';

/**
 * Why there is no answer: `unplayable`: browsers have no decoder for any track; `ended`: the stream is
 * over; `notYet`: a bounded wait was in vain; `tooFarAhead`: the client asks for what no honest one does;
 * `gone`: not held any more, or never was; `busy`: too many wait already; `aborted`: the client left.
 */
export type HlsRefusal = 'unplayable' | 'ended' | 'notYet' | 'tooFarAhead' | 'gone' | 'busy' | 'aborted';

export type HlsAnswer<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly reason: HlsRefusal };

export interface HlsMuxerHooks {
  /** Told when a stream's audio can't be played. */
  readonly onSilent: (stream: Stream, track: Track) => void;
  /** Told when the tracks can't be put into MP4. */
  readonly onFault: (stream: Stream, error: unknown) => void;
}

/**
 * One stream as low-latency HLS: a reader that cuts it into parts once, however many viewers ask for them.
 *
 * Everything that is handed out is shared: one buffer per part, one text per version of a playlist.
 */
export class HlsMuxer implements Reader {
  readonly name = 'hls';
  readonly stream: Stream;
  /** Marks this muxer's names. */
  readonly run: number;
  readonly schedule: SegmentSchedule;
  readonly #options: HlsOptions;
  readonly #hooks: HlsMuxerHooks;
  readonly #window: SegmentWindow;
  readonly #playlists = new PlaylistCache();
  readonly #room: WaitingRoom;
  #segmenter: Segmenter | undefined;
  #tracks: readonly PlayableTrack[] = [];
  #init: InitHead | undefined;
  /** Where the first segment begins. */
  #start: { tracks: readonly Track[]; seconds: number; gapSeconds: number } | undefined;
  #sequenceNumber = 1;
  #partTarget: number;
  #isUnplayable = false;
  #isEnded = false;
  readonly #borrowers = new Set<Borrower>();
  /** There while another muxer's media is listed. */
  #beginning: OwnBeginning | undefined;
  #giveBack: (() => void) | undefined;
  #hasBorrowed = false;

  /**
   * @param run no other muxer of the camera ever has it.
   * @param firstMsn media sequence number of its first segment, where it borrows none.
   * @param schedule shared with the other renditions of the camera.
   */
  constructor(
    stream: Stream,
    { run, firstMsn }: { readonly run: number; readonly firstMsn: number },
    options: HlsOptions,
    hooks: HlsMuxerHooks,
    schedule = new SegmentSchedule(options.segmentDurationMs / 1000),
  ) {
    this.stream = stream;
    this.run = run;
    this.schedule = schedule;
    this.#options = options;
    this.#hooks = hooks;
    this.#partTarget = options.partDurationMs / 1000;
    this.#room = new WaitingRoom(options.maxWaits);
    const targetDuration = Math.max(1, Math.round(segmentSecondsOf(stream, options)));
    this.#window = new SegmentWindow(firstMsn, targetDuration, options);
  }

  /** Media bytes held. */
  get byteLength(): number {
    return this.#window.byteLength;
  }

  /** Requests that wait. */
  get waits(): number {
    return this.#room.size;
  }

  get isEnded(): boolean {
    return this.#isEnded;
  }

  /** Another muxer lists what this one makes. */
  get isLending(): boolean {
    return this.#borrowers.size > 0;
  }

  /** It lists, or has listed, what another made. */
  get hasBorrowed(): boolean {
    return this.#hasBorrowed;
  }

  /** It lists media of its own, which begins with a picture. */
  get canLend(): boolean {
    const hasVideo = this.#tracks.some(({ kind }) => kind === 'video');
    const { open, listed } = this.#window;
    const isThere = open !== undefined || listed.length > 0;
    return hasVideo && isThere && this.#segmenter !== undefined && !this.#isEnded;
  }

  /** Media sequence number of the newest segment. */
  get newestMsn(): number {
    const { listed, open, firstMsn } = this.#window;
    return (open ?? listed.at(-1))?.msn ?? firstMsn;
  }

  /** Whole seconds. */
  get targetDuration(): number {
    return this.#window.targetDuration;
  }

  onTracks(tracks: readonly Track[]): void {
    const { tracks: chosen, unplayable } = chooseTracks(tracks);
    this.#endRun();
    if (unplayable !== undefined) this.#hooks.onSilent(this.stream, unplayable);
    if (this.#beginning === undefined) this.#beginRun(chosen);
    else this.#tracks = chosen;
    this.#wake();
  }

  onUnit(unit: AccessUnit): void {
    if (this.#beginning === undefined) {
      this.#segmenter?.push(unit);
      return;
    }
    this.#beginning.add(unit);
    if (this.#beginning.isDecided) this.#begin();
  }

  /**
   * Begins to read the stream.
   *
   * @param lender a muxer of the same camera, whose media is listed from now back and on until there is a segment
   * of one's own: so that a player can change to a rendition that is only now begun, without a break.
   */
  read(lender: HlsMuxer | undefined): void {
    const { stream } = this;
    const beginning = lender && new OwnBeginning(this.#options.maxBytes / 2);
    this.#beginning = beginning;
    stream.addReader(this);
    if (lender === undefined || beginning === undefined || this.#isEnded) return;
    if (this.#isLike(lender)) {
      this.#borrow(lender, beginning);
      return;
    }
    // Now that its tracks are known: nothing to be shown in one with the other's.
    this.#beginning = undefined;
    stream.removeReader(this);
    stream.addReader(this);
  }

  /** Whether a decoder goes on from the media of `other` to that of this one. */
  #isLike(other: HlsMuxer): boolean {
    // What is still to be made becomes H.264.
    if (this.stream.tracks.length === 0) return other.#tracks.some(({ codec }) => codec === 'h264');
    const [codecs, others] = [this.#tracks, other.#tracks].map((tracks) => tracks.map(({ codec }) => codec));
    return codecs?.join() === others?.join();
  }

  #borrow(lender: HlsMuxer, beginning: OwnBeginning): void {
    this.#window.adopt(lender.#window, ({ bytes }) => this.#headFor(bytes));
    this.#partTarget = lender.#partTarget;
    this.#start = lender.#start;
    this.#hasBorrowed = true;
    this.#giveBack = lender.#lend({
      part: (part, wallClockMs) => {
        this.#window.addPart(part, wallClockMs);
        this.#wake();
      },
      endSegment: (joint) => {
        this.#window.endSegment();
        if (joint !== undefined && beginning.offer(joint)) this.#begin();
        this.#wake();
      },
      end: () => {
        this.#window.endSegment();
        this.#window.markDiscontinuity();
        beginning.takeOver();
        this.#returnAll();
        this.#wake();
      },
    });
  }

  #lend(borrower: Borrower): () => void {
    this.#borrowers.add(borrower);
    return () => this.#borrowers.delete(borrower);
  }

  #returnAll(): void {
    this.#giveBack?.();
    this.#giveBack = undefined;
  }

  /** Where its own media takes over, nothing is borrowed any more; it is cut as soon as it is there. */
  #begin(): void {
    this.#returnAll();
    const units = this.#beginning?.units();
    if (units === undefined) return;
    this.#beginning = undefined;
    this.#beginRun(this.#tracks);
    for (const unit of units) this.#segmenter?.push(unit);
  }

  onEnd(): void {
    if (this.#isEnded) return;
    this.#endRun();
    this.#returnAll();
    this.#beginning = undefined;
    this.#isEnded = true;
    this.#wake();
  }

  /** Answers everyone who waits and drops what is held. Safe to call twice. */
  close(): void {
    this.onEnd();
  }

  /** The stream as a variant of a multivariant playlist, as soon as there is something to play. */
  async variant(uri: string, signal: AbortSignal): Promise<HlsAnswer<Variant>> {
    return this.#answer(signal, () => {
      if (this.#isUnplayable) return 'unplayable';
      const { open, listed } = this.#window;
      if (this.#tracks.length === 0 || (open === undefined && listed.length === 0)) return 'wait';
      const unitSeconds = this.#segmenter?.unitSeconds;
      return { value: describeVariant(uri, this.#tracks, this.#window, unitSeconds) };
    });
  }

  /** The playlist of `kind`, once it is as far as `directives` ask (RFC 8216bis §6.2.5). */
  async playlist(
    kind: PlaylistKind,
    directives: DeliveryDirectives,
    signal: AbortSignal,
  ): Promise<HlsAnswer<PlaylistBody>> {
    return this.#answer(signal, () => {
      const state = this.#state();
      const isDelta = directives.skip && kind === 'lowLatency';
      const body = this.#playlists.get(kind, isDelta, state);
      if (body === undefined) return this.#isUnplayable ? 'unplayable' : 'wait';
      const decision = blockingReload(playlistEdge(kind, state), directives);
      if (decision === 'answer') return { value: body };
      return decision === 'wait' ? 'wait' : 'tooFarAhead';
    });
  }

  /** Bytes of a segment, part or init segment; waits for the one part that the playlist hints at. */
  async resource(name: string, signal: AbortSignal): Promise<HlsAnswer<Buffer>> {
    const resource = parseResourceName(name);
    if (resource?.run !== this.run) return { ok: false, reason: 'gone' };
    return this.#answer(signal, () => {
      const window = this.#window;
      switch (resource.type) {
        case 'init':
          return found(window.findInit(resource.index)?.bytes);
        case 'segment':
          return found(window.findSegment(window.firstMsn + resource.index)?.bytes);
        case 'part':
          if (resource.index === window.nextPart && !this.#isEnded) return 'wait';
          return found(window.findPart(resource.index)?.bytes);
        case 'gap':
          return found(this.#gap(resource.index));
      }
    });
  }

  /** Tries `attempt` now and after every change, for three target durations at most. */
  async #answer<T>(
    signal: AbortSignal,
    attempt: () => { readonly value: T } | 'wait' | HlsRefusal,
  ): Promise<HlsAnswer<T>> {
    const maxWaitMs = Math.min(this.#options.maxWaitMs, 3 * this.targetDuration * 1000);
    const deadlineMs = performance.now() + maxWaitMs;
    for (;;) {
      const result = attempt();
      if (typeof result === 'object') return { ok: true, value: result.value };
      if (result !== 'wait') return { ok: false, reason: result };
      if (this.#isEnded) return { ok: false, reason: 'ended' };
      const end = await this.#room.wait(signal, deadlineMs - performance.now());
      if (end !== 'woken') return { ok: false, reason: WAIT_REFUSALS[end] };
    }
  }

  #state(): PlaylistState {
    return { run: this.run, window: this.#window, partTarget: this.#partTarget, isEnded: this.#isEnded };
  }

  #beginRun(tracks: readonly PlayableTrack[]): void {
    const [first, ...rest] = tracks;
    this.#tracks = tracks;
    this.#isUnplayable = first === undefined;
    if (first === undefined) return;
    try {
      this.#window.setInit(this.#headFor(asBuffer(initSegment(tracks))));
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.#isUnplayable = true;
      this.#hooks.onFault(this.stream, error);
      return;
    }
    this.#segmenter = this.#createSegmenter([first, ...rest]);
    this.#partTarget = this.#segmenter.partTarget;
  }

  #createSegmenter(tracks: readonly [PlayableTrack, ...PlayableTrack[]]): Segmenter {
    const { partDurationMs, segmentDurationMs, maxSegmentDurationMs, maxBytes } = this.#options;
    const options = {
      partSeconds: partDurationMs / 1000,
      segmentSeconds: segmentDurationMs / 1000,
      maxSegmentSeconds: maxSegmentDurationMs / 1000,
      maxSegmentBytes: maxBytes / 2,
      schedule: this.schedule,
    };
    return new Segmenter(tracks, this.stream.cachedUnits, this.#sequenceNumber, options, {
      part: ({ bytes, wallClockMs, startSeconds, ...part }) => {
        this.#start ??= { tracks, seconds: startSeconds, gapSeconds: this.targetDuration };
        const made = { ...part, bytes: asBuffer(bytes) };
        this.#window.addPart(made, wallClockMs);
        for (const borrower of this.#borrowers) borrower.part(made, wallClockMs);
        this.#wake();
      },
      endSegment: (isBroken, next) => {
        this.#window.endSegment();
        this.#tellBorrowers(isBroken, next);
        if (isBroken) this.#window.markDiscontinuity();
        this.#partTarget = this.#segmenter?.partTarget ?? this.#partTarget;
        this.#wake();
      },
    });
  }

  /** The time that is listed as missing before the first segment, as a segment; `index` target durations earlier. */
  #gap(index: number): Buffer | undefined {
    const start = this.#start;
    if (start === undefined || index < 1 || index > this.#options.segmentCount) return undefined;
    const seconds = Math.max(0, start.seconds - index * start.gapSeconds);
    return asBuffer(gapSegment(start.tracks, seconds));
  }

  #tellBorrowers(isBroken: boolean, next: AccessUnit | undefined): void {
    if (this.#borrowers.size === 0) return;
    const seconds = next?.isRandomAccess === true ? next.pts / next.track.clockRate : undefined;
    const joint =
      seconds === undefined
        ? undefined
        : { seconds, soundSeconds: this.#segmenter?.soundEndSeconds ?? seconds };
    for (const borrower of this.#borrowers) {
      if (isBroken) borrower.end();
      else borrower.endSegment(joint);
    }
  }

  #headFor(bytes: Buffer): InitHead {
    if (this.#init?.bytes.equals(bytes) !== true) {
      this.#init = { index: this.#init === undefined ? 0 : this.#init.index + 1, bytes };
    }
    return this.#init;
  }

  #endRun(): void {
    this.#segmenter?.finish();
    this.#sequenceNumber = this.#segmenter?.sequenceNumber ?? this.#sequenceNumber;
    this.#segmenter = undefined;
  }

  #wake(): void {
    this.#playlists.invalidate();
    this.#room.wakeAll();
  }
}

const WAIT_REFUSALS = { timeout: 'notYet', aborted: 'aborted', full: 'busy' } as const;

function found(bytes: Buffer | undefined): { readonly value: Buffer } | 'gone' {
  return bytes === undefined ? 'gone' : { value: bytes };
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
