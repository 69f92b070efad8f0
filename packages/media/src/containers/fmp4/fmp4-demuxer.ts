import { ProtocolError } from '../../errors.ts';
import type { Demuxer, DemuxerOutput } from '../demuxer.ts';
import { readBoxHeader, parseBoxes } from './box-reader.ts';
import { readFragment } from './fragment.ts';
import { parseMovie, type Movie } from './movie.ts';
import { SampleUnits, type SampleUnitsOptions } from './sample-units.ts';

/** Limits on the boxes of a stream of fragments. */
export const FMP4_LIMITS = {
  /** `moov`, which has no sample tables here. */
  movieBytes: 4 * 1024 * 1024,
  /** One fragment: `moof` and `mdat`. */
  fragmentBytes: 128 * 1024 * 1024,
} as const;

/** Bytes of the longest box header. */
const MAX_HEADER_BYTES = 16;
/** Pieces that wait for the rest of their box are joined from this many on, so that tiny ones do not cost more than they hold. */
const MAX_PIECES = 1024;

/**
 * Demultiplexes fragmented MP4: the init segment first, then any number of media segments. A fragment comes out when
 * its `mdat` is whole; its samples in the order of their decoding times, whatever the order of its tracks.
 */
export class Fmp4Demuxer implements Demuxer {
  readonly #units: SampleUnits;
  #movie: Movie | undefined;
  #nextDts = new Map<number, number>();
  /** By how much a track's decoding times have to be moved back so that none lies behind its presentation time. */
  #delays = new Map<number, number>();
  #pieces: Uint8Array[] = [];
  #length = 0;
  /** Bytes without which there is no next step. */
  #needed = MAX_HEADER_BYTES;
  /** Of the first of `#pieces`, from the beginning of the file. */
  #position = 0;

  constructor(output: DemuxerOutput, options: SampleUnitsOptions = {}) {
    this.#units = new SampleUnits(output, options);
  }

  /** @throws {ProtocolError} `ERR_MP4_…`: no fragmented MP4, or beyond {@link FMP4_LIMITS}. */
  push(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#pieces.push(bytes);
    this.#length += bytes.length;
    if (this.#length < this.#needed) {
      if (this.#pieces.length >= MAX_PIECES) this.#pieces = [this.#joined()];
      return;
    }
    this.#read(false);
  }

  flush(): void {
    this.#read(true);
    this.#units.flush();
  }

  /** A new file begins with the next byte (a segment, or an init segment): what is not whole is left. */
  beginFile(): void {
    this.#read(true);
    this.#pieces = [];
    this.#length = 0;
    this.#position = 0;
    this.#needed = MAX_HEADER_BYTES;
  }

  /** The file's time that became zero, in ticks of 90 kHz: how files that were demultiplexed apart belong together. */
  get originTicks(): number {
    return this.#units.originTicks;
  }

  /** The decoding times may begin anew from here on. */
  announceDiscontinuity(): void {
    this.#units.announceDiscontinuity();
  }

  #read(isLast: boolean): void {
    const data = this.#joined();
    let at = 0;
    for (;;) {
      const used = this.#step(data, at, isLast);
      if (used === 0) break;
      at += used;
    }
    this.#position += at;
    this.#length = data.length - at;
    this.#pieces = this.#length === 0 ? [] : [data.subarray(at)];
  }

  /** Reads one box, or a `moof` and what follows up to its `mdat`. @returns bytes used; 0: more are needed. */
  #step(data: Uint8Array, at: number, isLast: boolean): number {
    let end = at;
    let hasFragment = false;
    for (;;) {
      const left = data.length - end;
      if (left < (isLast ? 8 : MAX_HEADER_BYTES)) return this.#wait(at, end + MAX_HEADER_BYTES);
      const header = readBoxHeader(data, end, left >= MAX_HEADER_BYTES);
      const { type } = header;
      // A size of 0 is that of the rest of the file.
      const size = header.size === 0 && isLast ? left : header.size;
      hasFragment ||= type === 'moof';
      checkSize(type, size, end - at + size, hasFragment);
      end += size;
      if (end > data.length) return this.#wait(at, end);
      if (!hasFragment || type === 'mdat') break;
    }
    this.#needed = MAX_HEADER_BYTES;
    const bytes = data.subarray(at, end);
    if (hasFragment) this.#readFragment(bytes, this.#position + at);
    else this.#readOther(bytes);
    return end - at;
  }

  #wait(at: number, end: number): 0 {
    this.#needed = end - at;
    return 0;
  }

  #readOther(bytes: Uint8Array): void {
    const [box] = parseBoxes(bytes);
    if (box?.type !== 'moov') return;
    this.#movie = parseMovie(box);
    this.#nextDts = new Map();
    this.#delays = new Map();
    this.#units.setMovie(this.#movie);
  }

  #readFragment(bytes: Uint8Array, position: number): void {
    if (this.#movie === undefined)
      throw new ProtocolError(
        'ERR_MP4_MOVIE',
        'Bad MP4 movie: a fragment came before the init segment (moov)',
      );
    for (const box of parseBoxes(bytes)) {
      if (box.type !== 'moof') continue;
      const samples = readFragment(box, position + box.offset, this.#movie.tracks, this.#nextDts);
      // Interleaved as they are decoded: a fragment has one track behind the other.
      samples.sort((a, b) => a.dts / a.track.timescale - b.dts / b.track.timescale);
      for (const { track, dts, pts } of samples) {
        const { trackId } = track;
        this.#delays.set(trackId, Math.max(this.#delays.get(trackId) ?? 0, dts - pts));
      }
      for (const sample of samples) {
        const start = sample.offset - position;
        if (start < 0 || start + sample.size > bytes.length)
          throw new ProtocolError('ERR_MP4_FRAGMENT', 'Bad MP4 fragment: a sample reaches beyond the data');
        const dts = sample.dts - (this.#delays.get(sample.track.trackId) ?? 0);
        this.#units.push({ ...sample, dts }, bytes.subarray(start, start + sample.size));
      }
    }
  }

  #joined(): Uint8Array {
    const [only] = this.#pieces;
    if (only !== undefined && this.#pieces.length === 1) return only;
    const data = new Uint8Array(this.#length);
    let at = 0;
    for (const piece of this.#pieces) {
      data.set(piece, at);
      at += piece.length;
    }
    return data;
  }
}

/** @param reach of the box, from the beginning of its fragment. */
function checkSize(type: string, size: number, reach: number, hasFragment: boolean): void {
  if (size === 0) throw new ProtocolError('ERR_MP4_BOX', `Bad MP4 data: ${type} does not say its size`);
  if (type === 'mdat' && !hasFragment) {
    throw new ProtocolError(
      'ERR_MP4_NOT_FRAGMENTED',
      'This MP4 is not made of fragments: it has to be read as a file',
    );
  }
  const limit = hasFragment ? FMP4_LIMITS.fragmentBytes : FMP4_LIMITS.movieBytes;
  if (reach <= limit) return;
  throw new ProtocolError(
    'ERR_MP4_BOX',
    `Bad MP4 data: ${type} reaches over ${reach} bytes, at most ${limit}`,
  );
}
