import { createAacTrack, serializeAudioSpecificConfig, splitAdts } from '@vedette/media';
import type { AccessUnit, AudioTrack, Track } from '@vedette/media';
import type { Feed } from '../../apps/gateway/src/stream/stream.ts';
import { ffmpeg } from '../../packages/media/src/testing/ffmpeg.ts';
import { assembleUnits, mp4VideoStream } from '../../packages/media/src/testing/video-stream.ts';
import { videoFootage, type VideoFootage } from './footage.ts';

const VIDEO_RATE = 90_000;
const PACE_MS = 5;

/** One track of a clip that plays over and over, and what it is made of. */
interface Loop {
  readonly track: Track;
  readonly units: readonly AccessUnit[];
  /** From the first unit to where it begins again, in ticks of the track. */
  readonly ticks: number;
}

export type LoopAudio = 'opus' | 'aac' | 'pcma';

export interface LoopingCameraOptions {
  readonly video?: Partial<VideoFootage>;
  readonly audio?: LoopAudio;
}

/** A camera that plays a clip in real time, without end, straight into a stream. */
export class LoopingCamera {
  readonly tracks: readonly Track[];
  readonly #loops: readonly Loop[];
  readonly #next: number[];
  #timer: NodeJS.Timeout | undefined;

  private constructor(loops: readonly Loop[]) {
    this.#loops = loops;
    this.#next = loops.map(() => 0);
    this.tracks = loops.map(({ track }) => track);
  }

  static async create({ video = {}, audio }: LoopingCameraOptions = {}): Promise<LoopingCamera> {
    const footage: VideoFootage = {
      ...{
        video: 'h264',
        width: 640,
        height: 360,
        fps: 25,
        gop: 50,
        bframes: 0,
        seconds: 8,
        bitrateKbps: 1000,
      },
      ...video,
    };
    const stream = mp4VideoStream(await videoFootage(footage), footage.video);
    const units = assembleUnits(stream);
    const [first] = units;
    if (first === undefined) throw new Error('the clip has no picture');
    const picture = VIDEO_RATE / footage.fps;
    const loops: Loop[] = [{ track: first.track, units, ticks: units.length * picture }];
    if (audio !== undefined) loops.push(soundLoop(audio));
    return new LoopingCamera(loops);
  }

  /** Plays into `feed`, from the clip's start, until `stop`. */
  start(feed: Feed): void {
    const startMs = performance.now();
    this.#next.fill(0);
    this.#timer = setInterval(() => {
      const nowMs = performance.now() - startMs;
      for (const [index, loop] of this.#loops.entries()) this.#catchUp(feed, index, loop, nowMs);
    }, PACE_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #catchUp(feed: Feed, index: number, { track, units, ticks }: Loop, nowMs: number): void {
    for (;;) {
      const count = this.#next[index] ?? 0;
      const unit = units[count % units.length];
      const shift = Math.floor(count / units.length) * ticks;
      if (unit === undefined || ((unit.dts + shift) * 1000) / track.clockRate > nowMs) return;
      this.#next[index] = count + 1;
      // The stream sets times in the object it is given, and the clip's own must stay.
      feed.write({ ...unit, pts: unit.pts + shift, dts: unit.dts + shift });
    }
  }
}

function soundLoop(audio: LoopAudio): Loop {
  const seconds = 4;
  switch (audio) {
    case 'aac': {
      const tone = ['-f', 'lavfi', '-i', `sine=frequency=440:sample_rate=48000:duration=${seconds}`];
      const { stdout } = ffmpeg([...tone, '-ac', '2', '-c:a', 'aac', '-f', 'adts', 'pipe:1']);
      const frames = splitAdts(stdout);
      const [first] = frames;
      if (first === undefined) throw new Error('no AAC was made');
      const track = createAacTrack(1, serializeAudioSpecificConfig(first.config));
      return loopOf(
        track,
        frames.map(({ data }) => data),
        1024,
      );
    }
    case 'opus': {
      const tone = ['-f', 'lavfi', '-i', `sine=frequency=440:sample_rate=48000:duration=${seconds}`];
      const { stdout } = ffmpeg([...tone, '-ac', '2', '-c:a', 'libopus', '-f', 'ogg', 'pipe:1']);
      const track = {
        id: 1,
        kind: 'audio',
        codec: 'opus',
        clockRate: 48_000,
        sampleRate: 48_000,
        channels: 2,
      } as const;
      return loopOf(track, oggPackets(stdout).slice(2), 960);
    }
    case 'pcma': {
      const track = {
        id: 1,
        kind: 'audio',
        codec: 'pcma',
        clockRate: 8000,
        sampleRate: 8000,
        channels: 1,
      } as const;
      return loopOf(track, [new Uint8Array(160).map((_, index) => (index % 20 < 10 ? 0x2a : 0xaa))], 160);
    }
  }
}

function loopOf(track: AudioTrack, frames: readonly Uint8Array[], ticksPerFrame: number): Loop {
  const units = frames.map((data, index) => {
    const pts = index * ticksPerFrame;
    const { byteLength } = data;
    return { track, pts, dts: pts, isRandomAccess: true, data: [data], byteLength, wallClockMs: Number.NaN };
  });
  return { track, units, ticks: frames.length * ticksPerFrame };
}

/** Packets of an Ogg file (RFC 3533 §6) in which none spans pages. */
function oggPackets(file: Uint8Array): Uint8Array[] {
  const packets: Uint8Array[] = [];
  let at = 0;
  while (at < file.length) {
    const lacing = file.subarray(at + 27, at + 27 + (file[at + 26] ?? 0));
    let start = at + 27 + lacing.length;
    let end = start;
    for (const length of lacing) {
      end += length;
      if (length === 255) continue;
      packets.push(file.subarray(start, end));
      start = end;
    }
    at = end;
  }
  return packets;
}
