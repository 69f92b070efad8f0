import { createHash } from 'node:crypto';
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { AccessUnit } from '@vedette/media';

import { RtspSource } from '../../apps/gateway/src/sources/rtsp/rtsp-source.ts';
import { Stream } from '../../apps/gateway/src/stream/stream.ts';
import { decodeFrames } from '../../packages/media/src/testing/frame-hashes.ts';
import type { AudioCodec } from './footage.ts';

/** A decoded picture, or a coded frame of sound, as a player got it. */
export interface PlayedUnit {
  /** On the player's own time line. */
  readonly ptsMs: number;
  /** MD5 of the picture's planes, or of the frame's bytes. */
  readonly hash: string;
}

export interface Played {
  readonly video: readonly PlayedUnit[];
  readonly audio: readonly PlayedUnit[];
}

export interface PlayOptions {
  readonly url: string;
  readonly transport: 'tcp' | 'udp';
  readonly video: 'h264' | 'h265';
  readonly audio: AudioCodec;
}

/** A player at work. */
export interface Player {
  /** What it has got so far. */
  readonly counts: { readonly video: number; readonly audio: number };
  /** @throws {Error} it has ended by itself, with its complaint. */
  assertPlaying(): void;
  /** Ends it. @returns everything it got. @throws {Error} it had ended by itself before. */
  stop(): Promise<Played>;
}

/** The distribution's Python has GStreamer's bindings; one from elsewhere has not. */
const PYTHON = '/usr/bin/python3';
const GSTREAMER_PLAYER = path.join(import.meta.dirname, 'player.py');

/** Plays with the ffmpeg command; HLS too, where `url` is its playlist. */
export function playByFfmpeg({ url, transport }: PlayOptions): Player {
  // Times as the sender gives them, no picture made or left out for the sake of a frame rate.
  const player = spawn('ffmpeg', [
    ...['-hide_banner', '-nostdin', '-loglevel', 'error', '-threads', '1'],
    ...(url.startsWith('rtsp') ? ['-rtsp_transport', transport] : []),
    ...['-i', url, '-map', '0:v', '-map', '0:a', '-c:a', 'copy', '-fps_mode', 'passthrough'],
    ...['-enc_time_base', '-1', '-flush_packets', '1', '-f', 'framemd5', 'pipe:1'],
  ]);
  const units = { video: [] as PlayedUnit[], audio: [] as PlayedUnit[] };
  const tickMs = [Number.NaN, Number.NaN];
  return new PlayerProcess(player, units, (line) => {
    const base = /^#tb ([01]): (\d+)\/(\d+)$/.exec(line);
    if (base !== null) tickMs[Number(base[1])] = (1000 * Number(base[2])) / Number(base[3]);
    if (line.startsWith('#')) return;
    const [track = '', , pts, , , hash = ''] = line.split(',').map((field) => field.trim());
    const unit = { ptsMs: Number(pts) * (tickMs[Number(track)] ?? Number.NaN), hash };
    (track === '0' ? units.video : units.audio).push(unit);
  });
}

/** Plays with GStreamer's rtspsrc. */
export function playByGstreamer(options: PlayOptions): Player {
  const player = spawn(PYTHON, [GSTREAMER_PLAYER, JSON.stringify(options)]);
  const units = { video: [] as PlayedUnit[], audio: [] as PlayedUnit[] };
  return new PlayerProcess(player, units, (line) => {
    const [track, pts, hash = ''] = line.split(' ');
    (track === 'video' ? units.video : units.audio).push({ ptsMs: Number(pts) / 1e6, hash });
  });
}

/** Plays with the gateway's own source, into a stream. */
export function playByVedette({ url, transport, video }: PlayOptions): Player {
  const units: AccessUnit[] = [];
  const counts = { video: 0, audio: 0 };
  const stream = new Stream({ id: 'player' });
  stream.addReader({
    name: 'player',
    onTracks: () => undefined,
    onUnit: (unit) => {
      units.push(unit);
      counts[unit.track.kind] += 1;
    },
    onEnd: () => undefined,
  });
  const leaving = new AbortController();
  const run = new RtspSource({ address: url, transport, userAgent: 'Vedette/test' }).run({
    signal: leaving.signal,
    open: (tracks) => stream.open(tracks),
    log: () => undefined,
    count: () => undefined,
  });
  let failure: unknown;
  const ended = run.then(
    () => {
      if (!leaving.signal.aborted) failure = new Error('the sender ended the session');
    },
    (error: unknown) => (failure = error),
  );
  const assertPlaying = (): void => {
    if (failure !== undefined) throw new Error('the player ended early', { cause: failure });
  };
  return {
    counts,
    assertPlaying,
    stop: async () => {
      leaving.abort(new Error('the test is over'));
      await ended;
      assertPlaying();
      return { video: decoded(units, video), audio: coded(units) };
    },
  };
}

class PlayerProcess implements Player {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #units: Played;
  readonly #exited: Promise<unknown>;
  readonly #read: Promise<unknown>;
  #complaint = '';

  constructor(child: ChildProcessWithoutNullStreams, units: Played, onLine: (line: string) => void) {
    this.#child = child;
    this.#units = units;
    this.#exited = once(child, 'exit');
    const lines = createInterface(child.stdout);
    lines.on('line', onLine);
    this.#read = once(lines, 'close');
    child.stderr.on('data', (chunk: Buffer) => {
      this.#complaint = (this.#complaint + chunk.toString()).slice(-2000);
    });
  }

  get counts(): Player['counts'] {
    return { video: this.#units.video.length, audio: this.#units.audio.length };
  }

  assertPlaying(): void {
    const hasEnded = this.#child.exitCode !== null || this.#child.signalCode !== null;
    if (hasEnded) throw new Error(`the player ended early: ${this.#complaint}`);
  }

  async stop(): Promise<Played> {
    this.assertPlaying();
    this.#child.kill('SIGKILL');
    await Promise.all([this.#exited, this.#read]);
    return this.#units;
  }
}

function decoded(units: readonly AccessUnit[], codec: PlayOptions['video']): PlayedUnit[] {
  const pictures = units.filter(({ track }) => track.kind === 'video');
  const startCode = Uint8Array.of(0, 0, 0, 1);
  const annexB = Buffer.concat(pictures.flatMap(({ data }) => data.flatMap((nal) => [startCode, nal])));
  const inOutputOrder = pictures.toSorted((a, b) => a.pts - b.pts);
  return decodeFrames(annexB, codec === 'h264' ? 'h264' : 'hevc').map(({ hash }, index) => {
    const unit = inOutputOrder[index];
    return { ptsMs: unit === undefined ? Number.NaN : (unit.pts * 1000) / unit.track.clockRate, hash };
  });
}

function coded(units: readonly AccessUnit[]): PlayedUnit[] {
  return units
    .filter(({ track }) => track.kind === 'audio')
    .map(({ pts, track, data }) => {
      const hash = createHash('md5');
      for (const part of data) hash.update(part);
      return { ptsMs: (pts * 1000) / track.clockRate, hash: hash.digest('hex') };
    });
}
