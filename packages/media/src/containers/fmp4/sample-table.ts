import { ProtocolError } from '../../errors.ts';
import { BoxFields } from './box-fields.ts';
import { findBox, type Box } from './box-reader.ts';

/** Samples of all tracks of one file: a day of pictures at 30 a second, or half a day with sound. */
export const MAX_FILE_SAMPLES = 4_000_000;

/** Where the samples of a track are and when, in decoding order: one element a sample in every array. */
export interface SampleTable {
  readonly count: number;
  readonly offsets: Float64Array;
  readonly sizes: Uint32Array;
  /** Ticks of the track's timescale. */
  readonly dts: Float64Array;
  /** PTS minus DTS. */
  readonly ptsOffsets: Int32Array;
}

/**
 * Reads a sample table (ISO 14496-12 §8.6, §8.7).
 *
 * @param limit samples that may still be taken in
 * @throws {ProtocolError} `ERR_MP4_SAMPLES`: tables that contradict each other, or too many samples.
 */
export function readSampleTable(stbl: Box, limit: number): SampleTable {
  const sizes = readSizes(stbl, limit);
  const count = sizes.length;
  const dts = readDecodeTimes(stbl, count);
  const ptsOffsets = readPtsOffsets(stbl, count);
  moveBack(dts, ptsOffsets);
  return { count, sizes, offsets: readOffsets(stbl, sizes), dts, ptsOffsets };
}

/** Where files have negative offsets, no decoding time may lie behind its presentation time all the same. */
function moveBack(dts: Float64Array, ptsOffsets: Int32Array): void {
  const least = ptsOffsets.reduce((min, offset) => Math.min(min, offset), 0);
  if (least === 0) return;
  for (let i = 0; i < dts.length; i++) {
    dts[i] = (dts[i] ?? 0) + least;
    ptsOffsets[i] = (ptsOffsets[i] ?? 0) - least;
  }
}

function readSizes(stbl: Box, limit: number): Uint32Array {
  const plain = findBox(stbl.children, ['stsz']);
  if (plain === undefined) return readCompactSizes(stbl, limit);
  const fields = new BoxFields(plain);
  const constant = fields.u32();
  const count = fields.u32();
  if (count > limit) throw tooMany();
  if (constant !== 0) return new Uint32Array(count).fill(constant);
  checkRoom(fields, count, 4);
  return Uint32Array.from({ length: count }, () => fields.u32());
}

/** `stz2`: 4, 8 or 16 bits a size. */
function readCompactSizes(stbl: Box, limit: number): Uint32Array {
  const fields = new BoxFields(required(stbl, 'stz2'));
  const bits = fields.u32() & 0xff;
  const count = fields.u32();
  if (count > limit) throw tooMany();
  if (bits !== 4 && bits !== 8 && bits !== 16) throw invalid(`sizes of ${bits} bits`);
  checkRoom(fields, count, bits / 8);
  let pair = 0;
  return Uint32Array.from({ length: count }, (_, i) => {
    if (bits === 16) return fields.u16();
    if (bits === 8) return fields.u8();
    if (i % 2 === 0) pair = fields.u8();
    return i % 2 === 0 ? pair >>> 4 : pair & 0x0f;
  });
}

/** Chunks' offsets, and how many samples each chunk has, make the samples' offsets. */
function readOffsets(stbl: Box, sizes: Uint32Array): Float64Array {
  const chunks = readChunks(stbl);
  const perChunk = new ChunkSizes(required(stbl, 'stsc'));
  const offsets = new Float64Array(sizes.length);
  let sample = 0;
  for (let chunk = 0; chunk < chunks.count && sample < sizes.length; chunk++) {
    let offset = chunks.next();
    const end = Math.min(sizes.length, sample + perChunk.of(chunk + 1));
    for (; sample < end; sample++) {
      offsets[sample] = offset;
      offset += sizes[sample] ?? 0;
    }
  }
  if (sample < sizes.length) throw invalid('there are more sizes than places');
  return offsets;
}

function readChunks(stbl: Box): { readonly count: number; readonly next: () => number } {
  const long = findBox(stbl.children, ['co64']);
  const fields = new BoxFields(long ?? required(stbl, 'stco'));
  const count = fields.u32();
  checkRoom(fields, count, long === undefined ? 4 : 8);
  return { count, next: () => (long === undefined ? fields.u32() : fields.u64()) };
}

/** `stsc`: runs of chunks with the same number of samples. To be asked for chunks in order, from 1 on. */
class ChunkSizes {
  readonly #fields: BoxFields;
  #runsLeft: number;
  #nextRunAt = 0;
  #samples = 0;

  constructor(stsc: Box) {
    this.#fields = new BoxFields(stsc);
    this.#runsLeft = this.#fields.u32();
    checkRoom(this.#fields, this.#runsLeft, 12);
    this.#readNext();
  }

  of(chunk: number): number {
    if (chunk === this.#nextRunAt) {
      this.#samples = this.#fields.u32();
      this.#fields.skip(4); // sample description
      this.#readNext();
      if (this.#nextRunAt <= chunk) throw invalid('stsc is not in order');
    }
    return this.#samples;
  }

  #readNext(): void {
    this.#nextRunAt = this.#runsLeft > 0 ? this.#fields.u32() : Number.POSITIVE_INFINITY;
    this.#runsLeft -= 1;
  }
}

function readDecodeTimes(stbl: Box, count: number): Float64Array {
  const fields = new BoxFields(required(stbl, 'stts'));
  const runs = fields.u32();
  checkRoom(fields, runs, 8);
  const times = new Float64Array(count);
  let sample = 0;
  let time = 0;
  for (let run = 0; run < runs; run++) {
    const end = sample + fields.u32();
    const delta = fields.u32();
    for (; sample < end && sample < count; sample++) {
      times[sample] = time;
      time += delta;
    }
  }
  if (sample < count) throw invalid('there are more samples than times');
  return times;
}

/** Version 0 has unsigned offsets; encoders write negative ones there all the same. */
function readPtsOffsets(stbl: Box, count: number): Int32Array {
  const offsets = new Int32Array(count);
  const box = findBox(stbl.children, ['ctts']);
  if (box === undefined) return offsets;
  const fields = new BoxFields(box);
  const runs = fields.u32();
  checkRoom(fields, runs, 8);
  let sample = 0;
  for (let run = 0; run < runs; run++) {
    const end = Math.min(count, sample + fields.u32());
    offsets.fill(fields.i32(), sample, end);
    sample = end;
  }
  return offsets;
}

function required(stbl: Box, type: string): Box {
  const box = findBox(stbl.children, [type]);
  if (box === undefined) throw invalid(`there is no ${type}`);
  return box;
}

/** A count is believed as far as there are bytes for it. */
function checkRoom(fields: BoxFields, count: number, bytesEach: number): void {
  if (count * bytesEach > fields.bytesLeft) throw invalid(`a table claims ${count} entries`);
}

function tooMany(): ProtocolError {
  return invalid(`more than ${MAX_FILE_SAMPLES} samples`);
}

function invalid(reason: string): ProtocolError {
  return new ProtocolError('ERR_MP4_SAMPLES', `Bad MP4 sample table: ${reason}`);
}
