import { ProtocolError } from '../../errors.ts';
import { BoxFields } from './box-fields.ts';
import { findBox, type Box } from './box-reader.ts';
import type { MovieTrack, SampleDefaults } from './movie.ts';

/** Samples of all runs of one fragment; a limit on what a hostile one may ask to be built. */
const MAX_SAMPLES = 16_384;

/** Where one sample is, and when. */
export interface SamplePlace {
  readonly track: MovieTrack;
  /** From the beginning of the file. */
  readonly offset: number;
  readonly size: number;
  /** Ticks of the track's timescale, without its shift. */
  readonly dts: number;
  readonly pts: number;
}

/** Where a run's samples begin where it does not say, and what is left of the limit. */
interface Reading {
  readonly moofOffset: number;
  nextOffset: number;
  budget: number;
}

/**
 * Reads a `moof` box with all that ISO 14496-12 §8.8 allows: base offsets of all three kinds, runs without offsets
 * or sizes, several runs and tracks. Fragments of unknown tracks are left out.
 *
 * @param moofOffset of the `moof` box, from the beginning of the file
 * @param nextDts where a track goes on whose fragment has no `tfdt`, by its id; kept up to date
 * @throws {ProtocolError} `ERR_MP4_FRAGMENT`.
 */
export function readFragment(
  moof: Box,
  moofOffset: number,
  tracks: readonly MovieTrack[],
  nextDts: Map<number, number>,
): SamplePlace[] {
  const reading = { moofOffset, nextOffset: moofOffset, budget: MAX_SAMPLES };
  const samples: SamplePlace[] = [];
  for (const traf of moof.children) {
    if (traf.type === 'traf') readTrackFragment(traf, tracks, reading, nextDts, samples);
  }
  return samples;
}

function readTrackFragment(
  traf: Box,
  tracks: readonly MovieTrack[],
  reading: Reading,
  nextDts: Map<number, number>,
  into: SamplePlace[],
): void {
  const header = findBox(traf.children, ['tfhd']);
  if (header === undefined) throw invalid('traf without tfhd');
  const fields = new BoxFields(header);
  const trackId = fields.u32();
  const track = tracks.find((each) => each.trackId === trackId);
  if (track === undefined) return;
  const defaults = readTrackHeader(fields, track, reading);
  const base = reading.nextOffset;
  const time = findBox(traf.children, ['tfdt']);
  let dts = time === undefined ? (nextDts.get(trackId) ?? 0) : decodeTime(new BoxFields(time));
  for (const run of traf.children) {
    if (run.type === 'trun') dts = readRun(new BoxFields(run), base, track, defaults, dts, reading, into);
  }
  if (!Number.isSafeInteger(dts)) throw invalid('a decode time beyond all bounds');
  nextDts.set(trackId, dts);
}

/** The rest of `tfhd` (§8.8.7): sets where the track's data begins. */
function readTrackHeader(fields: BoxFields, track: MovieTrack, reading: Reading): SampleDefaults {
  if (fields.has(0x1)) reading.nextOffset = fields.u64();
  else if (fields.has(0x2_0000)) reading.nextOffset = reading.moofOffset;
  if (fields.has(0x2)) fields.skip(4); // sample description index
  const duration = fields.has(0x8) ? fields.u32() : track.defaults.duration;
  return { duration, size: fields.has(0x10) ? fields.u32() : track.defaults.size };
}

function decodeTime(fields: BoxFields): number {
  return fields.version === 1 ? fields.u64() : fields.u32();
}

/** @returns the decode time behind the run. */
function readRun(
  fields: BoxFields,
  base: number,
  track: MovieTrack,
  defaults: SampleDefaults,
  start: number,
  reading: Reading,
  into: SamplePlace[],
): number {
  const count = fields.u32();
  reading.budget -= count;
  if (reading.budget < 0) throw invalid(`more than ${MAX_SAMPLES} samples`);
  let offset = fields.has(0x1) ? base + fields.i32() : reading.nextOffset;
  if (fields.has(0x4)) fields.skip(4); // flags of the first sample
  let dts = start;
  for (let i = 0; i < count; i++) {
    const duration = fields.has(0x100) ? fields.u32() : defaults.duration;
    const size = fields.has(0x200) ? fields.u32() : defaults.size;
    if (fields.has(0x400)) fields.skip(4); // flags
    // Version 0 has unsigned offsets; encoders write negative ones there all the same.
    const ptsOffset = fields.has(0x800) ? fields.i32() : 0;
    into.push({ track, offset, size, dts, pts: dts + ptsOffset });
    offset += size;
    dts += duration;
  }
  reading.nextOffset = offset;
  return dts;
}

function invalid(reason: string): ProtocolError {
  return new ProtocolError('ERR_MP4_FRAGMENT', `Bad MP4 fragment: ${reason}`);
}
