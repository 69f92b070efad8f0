import type { HlsOptions } from './hls-options.ts';

/** The head of an MP4 stream that segments refer to. */
export interface InitHead {
  /** Counted from 0 within one muxer. */
  readonly index: number;
  readonly bytes: Buffer;
}

export interface HlsPart {
  /** Counted from 0 within one muxer, across segments: so the next part's name is known before its segment is. */
  readonly index: number;
  /** Seconds. */
  readonly duration: number;
  readonly isIndependent: boolean;
  readonly bytes: Buffer;
}

/** A segment as it grows; `bytes` is there once it is complete. */
export interface HlsSegment {
  readonly msn: number;
  readonly init: InitHead | undefined;
  readonly isDiscontinuity: boolean;
  /** When its first unit was captured, ms since the Unix epoch; `NaN` if unknown. */
  readonly wallClockMs: number;
  /** It stands for time before the muxer was made, and has no media. */
  readonly isGap: boolean;
  /** Decoding can start at its beginning. */
  readonly isIndependent: boolean;
  /** Seconds; of an open segment, so far. */
  readonly duration: number;
  readonly parts: readonly HlsPart[];
  readonly byteLength: number;
  readonly bytes: Buffer | undefined;
}

type Growing = { -readonly [K in keyof HlsSegment]: HlsSegment[K] } & { parts: HlsPart[] };

/** Segments that left the playlist but may still be asked for (RFC 8216bis §6.2.2: one duration longer). */
const RETIRED_SEGMENTS = 1;
const MIN_TARGET_DURATIONS = 3;

/**
 * The newest segments of a stream: those in the playlist, one that has just left it, and the one being
 * written. Bounded in number and bytes.
 *
 * A complete segment is one buffer, and its parts are views of it.
 */
export class SegmentWindow {
  readonly #options: Pick<HlsOptions, 'segmentCount' | 'maxBytes'>;
  #listed: Growing[] = [];
  #retired: Growing[] = [];
  #open: Growing | undefined;
  #init: InitHead | undefined;
  #isDiscontinuity = false;
  #nextMsn: number;
  #nextPart = 0;
  #discontinuitySequence = 0;
  #targetDuration: number;
  #byteLength = 0;
  #firstMsn: number;

  /**
   * @param firstMsn media sequence number of the first segment that is written; gaps precede it.
   * @param targetDuration first guess, whole seconds; it grows when a segment turns out longer.
   */
  constructor(
    firstMsn: number,
    targetDuration: number,
    options: Pick<HlsOptions, 'segmentCount' | 'maxBytes'>,
  ) {
    this.#firstMsn = this.#nextMsn = firstMsn;
    this.#targetDuration = targetDuration;
    this.#options = options;
  }

  /** Complete segments of the playlist, oldest first. */
  get listed(): readonly HlsSegment[] {
    return this.#listed;
  }

  /** The segment being written, once it has a part. */
  get open(): HlsSegment | undefined {
    return this.#open;
  }

  /** Media sequence number of the first segment that it had and that was no gap. */
  get firstMsn(): number {
    return this.#firstMsn;
  }

  /** Index that the next part will have. */
  get nextPart(): number {
    return this.#nextPart;
  }

  get discontinuitySequence(): number {
    return this.#discontinuitySequence;
  }

  /** Whole seconds; never decreases. */
  get targetDuration(): number {
    return this.#targetDuration;
  }

  /** Bytes of all segments and parts held. */
  get byteLength(): number {
    return this.#byteLength;
  }

  /** Segments that follow belong to `init`; called between segments. */
  setInit(init: InitHead): void {
    this.#init = init;
  }

  /** The next segment does not continue the one before, if there is one. */
  markDiscontinuity(): void {
    this.#isDiscontinuity = this.#listed.some(({ isGap }) => !isGap);
  }

  /**
   * Begins with what `other` lists and writes: with its numbers, under names of its own. Called before anything was added.
   *
   * @param headOf what such a head is called here.
   */
  adopt(other: SegmentWindow, headOf: (head: InitHead) => InitHead): void {
    this.#targetDuration = Math.max(this.#targetDuration, other.#targetDuration);
    this.#discontinuitySequence = other.#discontinuitySequence;
    const copied = (segment: Growing): Growing => {
      this.#byteLength += segment.byteLength;
      if (segment.init !== undefined) this.#init = headOf(segment.init);
      const parts = segment.parts.map((part) => ({ ...part, index: this.#nextPart++ }));
      return { ...segment, init: this.#init, parts };
    };
    this.#firstMsn = (other.#listed.find(({ isGap }) => !isGap) ?? other.#open)?.msn ?? other.#nextMsn;
    this.#nextMsn = other.#nextMsn;
    this.#listed = other.#listed.map(copied);
    this.#open = other.#open && copied(other.#open);
    this.#isDiscontinuity = other.#isDiscontinuity;
  }

  addPart(part: Omit<HlsPart, 'index'>, wallClockMs: number): void {
    const open = (this.#open ??= this.#startSegment(part.isIndependent, wallClockMs));
    open.parts.push({ ...part, index: this.#nextPart++ });
    open.duration += part.duration;
    open.byteLength += part.bytes.length;
    this.#byteLength += part.bytes.length;
    this.#evict();
  }

  /** The open segment is complete. Does nothing where none is open. */
  endSegment(): void {
    const open = this.#open;
    if (open === undefined) return;
    this.#open = undefined;
    const bytes = Buffer.concat(open.parts.map((part) => part.bytes));
    let offset = 0;
    open.bytes = bytes;
    open.parts = open.parts.map((part) => {
      const start = offset;
      offset += part.bytes.length;
      return { ...part, bytes: bytes.subarray(start, offset) };
    });
    this.#targetDuration = Math.max(this.#targetDuration, Math.round(open.duration));
    this.#listed.push(open);
    this.#evict();
  }

  findPart(index: number): HlsPart | undefined {
    for (const segment of this.#all()) {
      const first = segment.parts[0]?.index ?? Infinity;
      if (index >= first && index < first + segment.parts.length) return segment.parts[index - first];
    }
    return undefined;
  }

  /** A complete segment that is still held. */
  findSegment(msn: number): HlsSegment | undefined {
    return this.#all().find((segment) => segment.msn === msn && segment.bytes !== undefined);
  }

  findInit(index: number): InitHead | undefined {
    if (this.#init?.index === index) return this.#init;
    return this.#all().find(({ init }) => init?.index === index)?.init;
  }

  #all(): Growing[] {
    const segments = [...this.#listed, ...this.#retired];
    return this.#open === undefined ? segments : [this.#open, ...segments];
  }

  #startSegment(isIndependent: boolean, wallClockMs: number): Growing {
    if (this.#listed.length === 0) this.#fillWithGaps(wallClockMs);
    const isDiscontinuity = this.#isDiscontinuity;
    this.#isDiscontinuity = false;
    return {
      msn: this.#nextMsn++,
      init: this.#init,
      isDiscontinuity,
      wallClockMs,
      isGap: false,
      isIndependent,
      duration: 0,
      parts: [],
      byteLength: 0,
      bytes: undefined,
    };
  }

  /**
   * A playlist must not be shorter than three target durations, and players that want to begin at its
   * live edge need at least one complete segment: time before the muxer was made is listed as gaps.
   */
  #fillWithGaps(wallClockMs: number): void {
    const count = this.#options.segmentCount;
    for (let i = count; i > 0; i--) {
      this.#listed.push({
        msn: this.#nextMsn - i,
        init: this.#init,
        isDiscontinuity: false,
        wallClockMs: wallClockMs - i * this.#targetDuration * 1000,
        isGap: true,
        isIndependent: true,
        duration: this.#targetDuration,
        parts: [],
        byteLength: 0,
        bytes: undefined,
      });
    }
  }

  #evict(): void {
    const { segmentCount, maxBytes } = this.#options;
    while (this.#listed.length > segmentCount && this.#mayShorten()) this.#retire();
    while (this.#retired.length > RETIRED_SEGMENTS) this.#forgetOldest();
    while (this.#byteLength > maxBytes && this.#retired.length + this.#listed.length > 1) {
      if (this.#retired.length === 0) this.#retire();
      this.#forgetOldest();
    }
  }

  /** A playlist must keep three target durations (RFC 8216bis §6.2.2). */
  #mayShorten(): boolean {
    let duration = 0;
    for (const segment of this.#listed) duration += segment.duration;
    return duration - (this.#listed[0]?.duration ?? 0) >= MIN_TARGET_DURATIONS * this.#targetDuration;
  }

  #retire(): void {
    const segment = this.#listed.shift();
    if (segment === undefined) return;
    if (segment.isDiscontinuity) this.#discontinuitySequence += 1;
    if (!segment.isGap) this.#retired.push(segment);
  }

  #forgetOldest(): void {
    this.#byteLength -= this.#retired.shift()?.byteLength ?? 0;
  }
}
