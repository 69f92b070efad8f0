import type { StreamCounters } from '../stream/stream.ts';

/** Rates are means over about this long. */
const WINDOW_MS = 5000;

interface Sample {
  readonly atMs: number;
  readonly bytes: number;
  readonly videoUnits: number;
}

/** Bits and pictures per second of a stream, from its running totals, sampled by its owner. */
export class RateMeter {
  #samples: Sample[] = [];

  sample({ bytes, videoUnits }: StreamCounters, nowMs: number): void {
    this.#samples.push({ atMs: nowMs, bytes, videoUnits });
    const from = nowMs - WINDOW_MS;
    while ((this.#samples[1]?.atMs ?? Number.POSITIVE_INFINITY) <= from) this.#samples.shift();
  }

  /** Forgets the past, so that a camera that comes back is not averaged with its absence. */
  reset(): void {
    this.#samples = [];
  }

  /** Bits per second and frames per second; 0 before there are two samples. */
  get rates(): { bitrate: number; frameRate: number } {
    const first = this.#samples[0];
    const last = this.#samples.at(-1);
    if (first === undefined || last === undefined || last.atMs <= first.atMs)
      return { bitrate: 0, frameRate: 0 };
    const seconds = (last.atMs - first.atMs) / 1000;
    return {
      bitrate: Math.round(((last.bytes - first.bytes) * 8) / seconds),
      frameRate: Math.round(((last.videoUnits - first.videoUnits) / seconds) * 10) / 10,
    };
  }
}
