import { setTimeout as sleep } from 'node:timers/promises';
import {
  type AccessUnit,
  createH264Track,
  createOpusTrack,
  H264NalType,
  h264NalType,
  isH264Vcl,
  splitAnnexB,
  totalLength,
  type Track,
} from '@vedette/media';
import type { Channel } from '../../channel.ts';
import { H264Encoder } from '../h264-encoder.ts';
import { OPUS_FRAME_SAMPLES, openOpusEncoder } from '../opus-encoder.ts';
import type { SoundEncoder } from '../sound-encoder.ts';
import { Scene, SCENE_SIZE } from './scene.ts';
import { writeTone } from './tone.ts';

const VIDEO_CLOCK_RATE = 90_000;
const FRAME_RATE = 25;
const GOP_LENGTH = 50;
const VIDEO_BIT_RATE = 2_000_000;
const AUDIO_BIT_RATE = 96_000;
const CHANNELS = 2;

/** The job's pace: one Opus packet, and every other time a picture. */
const TICK_MS = 20;
const TICKS_PER_PICTURE = 1000 / FRAME_RATE / TICK_MS;
/** Further behind than this (the machine slept, say) what was missed is left out. */
const MAX_LAG_MS = 500;

interface Parts {
  readonly scene: Scene;
  readonly video: H264Encoder;
  readonly audio: SoundEncoder;
}

/**
 * Films the scene in real time: 1280×720, 25 pictures a second, H.264 and Opus, on `channel` until
 * that ends. Pictures are due at whole multiples of 40 ms after `epochMs`, whoever began when, and show
 * the time at which they were due.
 */
export class DemoJob {
  readonly #channel: Channel;
  readonly #epochMs: number;
  readonly #scene: Scene;
  readonly #video: H264Encoder;
  readonly #audio: SoundEncoder;
  readonly #samples = Buffer.alloc(OPUS_FRAME_SAMPLES * CHANNELS * 2);
  readonly #audioTrack = createOpusTrack(1, CHANNELS);
  #videoTrack: Track | undefined;

  private constructor(channel: Channel, epochMs: number, parts: Parts) {
    this.#channel = channel;
    this.#epochMs = epochMs;
    this.#scene = parts.scene;
    this.#video = parts.video;
    this.#audio = parts.audio;
  }

  /** @throws {AvError} an encoder is missing. */
  static async open(channel: Channel, epochMs: number): Promise<DemoJob> {
    const opening = H264Encoder.open({
      ...SCENE_SIZE,
      frameRate: FRAME_RATE,
      gopLength: GOP_LENGTH,
      bitRate: VIDEO_BIT_RATE,
    });
    // Painted while x264 opens on another thread: somebody waits for the first picture.
    const scene = new Scene();
    const video = await opening;
    try {
      const audio = openOpusEncoder(CHANNELS, AUDIO_BIT_RATE);
      return new DemoJob(channel, epochMs, { scene, video, audio });
    } catch (error) {
      await video.close();
      throw error;
    }
  }

  /** Films until the channel ends; call once. */
  async run(): Promise<void> {
    try {
      let tick = this.#nextTick();
      while (!this.#channel.isEnded) {
        const waitMs = this.#dueMs(tick) - nowMs();
        if (waitMs > 0) await sleep(waitMs);
        if (waitMs < -MAX_LAG_MS) tick = this.#nextTick();
        if (tick % TICKS_PER_PICTURE === 0) await this.#film(tick);
        this.#listen(tick);
        tick += 1;
      }
      this.#channel.close();
    } catch (error) {
      this.#channel.close(error instanceof Error ? error.message : 'the demo scene failed');
    } finally {
      this.#audio.close();
      await this.#video.close();
    }
  }

  /** The next one at which a picture is due; 0 where the scene only begins. */
  #nextTick(): number {
    const pictures = (nowMs() - this.#epochMs) / (TICK_MS * TICKS_PER_PICTURE);
    return Math.max(0, Math.floor(pictures)) * TICKS_PER_PICTURE;
  }

  #dueMs(tick: number): number {
    return this.#epochMs + tick * TICK_MS;
  }

  async #film(tick: number): Promise<void> {
    const wallClockMs = this.#dueMs(tick);
    const picture = this.#scene.render(wallClockMs, (tick * TICK_MS) / 1000);
    const coded = await this.#video.encode(picture, tick / TICKS_PER_PICTURE);
    if (coded === undefined) return;
    const nals = splitAnnexB(coded.data);
    const track = (this.#videoTrack ??= this.#declare(nals));
    const data = nals.filter(isWorthSending);
    const pts = (tick * TICK_MS * VIDEO_CLOCK_RATE) / 1000;
    this.#write({ track, pts, isRandomAccess: coded.isKeyframe, data, wallClockMs });
  }

  /** What sounded since the tick before: sound is known only when it is over. */
  #listen(tick: number): void {
    if (this.#videoTrack === undefined) return;
    const wallClockMs = this.#dueMs(tick - 1);
    writeTone(wallClockMs, OPUS_FRAME_SAMPLES, this.#samples);
    for (const { data, pts } of this.#audio.encode(this.#samples, (tick - 1) * OPUS_FRAME_SAMPLES)) {
      // What the look-ahead moves in front of the beginning is left out.
      if (pts < 0) continue;
      this.#write({ track: this.#audioTrack, pts, isRandomAccess: true, data: [data], wallClockMs });
    }
  }

  #declare(nals: readonly Uint8Array[]): Track {
    const track = createH264Track(0, VIDEO_CLOCK_RATE, {
      sps: nals.filter((nal) => h264NalType(nal) === H264NalType.sps),
      pps: nals.filter((nal) => h264NalType(nal) === H264NalType.pps),
    });
    this.#channel.setTracks([track, this.#audioTrack]);
    return track;
  }

  #write(unit: Omit<AccessUnit, 'dts' | 'byteLength'>): void {
    this.#channel.write({ ...unit, dts: unit.pts, byteLength: totalLength(unit.data) });
  }
}

/** Not x264's letter about itself. */
function isWorthSending(nal: Uint8Array): boolean {
  const type = h264NalType(nal);
  return isH264Vcl(type) || type === H264NalType.sps || type === H264NalType.pps;
}

/** The wall clock, never stepping back. */
function nowMs(): number {
  return performance.timeOrigin + performance.now();
}
