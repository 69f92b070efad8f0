import { spawn } from 'node:child_process';
import type { TestContext } from 'node:test';
import { DEMO_CLOCK, decodeDemoClock } from '@vedette/contract/demo-clock';

const { left, top, cell, cells, pictureWidth } = DEMO_CLOCK;
/** One pixel out of the middle of each cell. */
const CLOCK_ROW = `crop=${cells * cell}:${cell}:${left}:${top},scale=${cells}:1:flags=neighbor,format=gray`;

/** The time that a demo picture shows, from one brightness a cell; `undefined`: not to be read. */
export function clockOfRow(row: ArrayLike<number>): number | undefined {
  return decodeDemoClock((x) => row[Math.floor((x * pictureWidth - left) / cell)] ?? 0);
}

export interface ClockViewerOptions {
  /** ffmpeg's options of the input. */
  readonly input?: readonly string[];
  /** No picture waits for anything in ffmpeg that it need not wait for. */
  readonly isPrompt?: boolean;
}

/** Without a limit it would look at seconds of a stream before it shows any of it. */
const PROMPT_INPUT = ['-fflags', 'nobuffer', '-flags', 'low_delay', '-analyzeduration', '0'];

/** ffmpeg, watching pictures of the demo camera and reading the clock in each of them. */
export class ClockViewer {
  /** What the pictures show, one after the other, in ms since the Unix epoch; NaN: not to be read. */
  readonly times: number[] = [];
  /** When ffmpeg had decoded each of them, likewise. */
  readonly shownMs: number[] = [];
  /** Resolves when the stream is over. */
  readonly ended: Promise<void>;
  #rest: Buffer = Buffer.alloc(0);

  /** @param source address or file; watched until its end or that of the test. */
  constructor(
    context: Pick<TestContext, 'after'>,
    source: string,
    { input: inputOptions = [], isPrompt = false }: ClockViewerOptions = {},
  ) {
    const transport = source.startsWith('rtsp:') ? ['-rtsp_transport', 'tcp'] : [];
    const prompt = isPrompt ? PROMPT_INPUT : [];
    const input = [
      ...transport,
      ...prompt,
      ...inputOptions,
      '-i',
      source,
      '-map',
      '0:v:0',
      '-fps_mode',
      'passthrough',
    ];
    const child = spawn(
      'ffmpeg',
      [
        '-nostdin',
        '-loglevel',
        'fatal',
        '-threads',
        '1',
        ...input,
        '-vf',
        CLOCK_ROW,
        '-f',
        'rawvideo',
        '-flush_packets',
        '1',
        'pipe:1',
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    child.stdout.on('data', (chunk: Buffer) => this.#take(chunk));
    this.ended = new Promise((resolve, reject) => {
      child.once('close', () => resolve());
      child.once('error', () => reject(new Error('These tests need ffmpeg: apt-get install ffmpeg')));
    });
    context.after(async () => {
      child.kill('SIGKILL');
      await this.ended;
    });
  }

  #take(chunk: Buffer): void {
    const nowMs = performance.timeOrigin + performance.now();
    let rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    for (; rest.length >= cells; rest = rest.subarray(cells)) {
      this.times.push(clockOfRow(rest.subarray(0, cells)) ?? Number.NaN);
      this.shownMs.push(nowMs);
    }
    this.#rest = rest;
  }
}
