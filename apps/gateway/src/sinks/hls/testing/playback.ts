import type { AccessUnit, Track } from '@vedette/media';
import { Stream, type Feed } from '../../../stream/stream.ts';

/** A stream whose clock goes as fast as it is fed. */
export class TestStream {
  nowMs = Date.UTC(2030, 0, 1);
  readonly stream: Stream;
  #feed: Feed | undefined;
  #startMs = this.nowMs;

  constructor(id = 'cam') {
    this.stream = new Stream({ id, clock: () => this.nowMs });
  }

  open(tracks: readonly Track[]): void {
    this.#startMs = this.nowMs;
    this.#feed = this.stream.open(tracks);
  }

  /** Hands over units, each at the moment when it would arrive. */
  write(units: readonly AccessUnit[]): void {
    for (const unit of units) {
      this.nowMs = Math.max(this.nowMs, this.#startMs + (unit.dts * 1000) / unit.track.clockRate);
      this.#feed?.write({ ...unit });
    }
  }

  closeSource(): void {
    this.#feed?.close();
  }
}

/** Feeds a stream in real time, again and again, until `close`. */
export class LivePlayer {
  readonly #stream: Stream;
  readonly #units: readonly AccessUnit[];
  readonly #loopSeconds: number;
  #feed: Feed;
  #timer: NodeJS.Timeout | undefined;
  #next = 0;
  #loops = 0;
  #startMs = 0;

  constructor(stream: Stream, tracks: readonly Track[], units: readonly AccessUnit[], loopSeconds: number) {
    this.#stream = stream;
    this.#units = units;
    this.#loopSeconds = loopSeconds;
    this.#feed = this.#stream.open(tracks);
  }

  start(): this {
    this.#startMs = performance.timeOrigin + performance.now();
    this.#timer = setInterval(() => this.#write(), 5);
    return this;
  }

  close(): void {
    clearInterval(this.#timer);
    this.#feed.close();
  }

  #write(): void {
    const elapsed = (performance.timeOrigin + performance.now() - this.#startMs) / 1000;
    for (;;) {
      const unit = this.#units[this.#next];
      if (unit === undefined) {
        this.#next = 0;
        this.#loops += 1;
        continue;
      }
      const offset = this.#loops * this.#loopSeconds;
      if (unit.dts / unit.track.clockRate + offset > elapsed) return;
      const ticks = Math.round(offset * unit.track.clockRate);
      this.#feed.write({ ...unit, pts: unit.pts + ticks, dts: unit.dts + ticks });
      this.#next += 1;
    }
  }
}
