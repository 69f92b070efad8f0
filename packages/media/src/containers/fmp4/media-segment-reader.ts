import { ProtocolError } from '../../errors.ts';
import { BoxFields } from './box-fields.ts';
import { findBox, parseBoxes, type Box } from './box-reader.ts';

/** Samples of all runs of one segment; a limit on what a hostile one may ask to be built. */
const MAX_SAMPLES = 16_384;
const NON_SYNC = 0x1_0000;

/** One sample of a segment that was read. Times are in ticks of the track's timescale. */
export interface ReadSample {
  readonly duration: number;
  readonly ptsOffset: number;
  readonly isSync: boolean;
  /** A view. Video: NAL units behind their lengths. */
  readonly data: Uint8Array;
}

/** What one `traf` says. */
export interface ReadTrackFragment {
  readonly trackId: number;
  readonly baseDts: number;
  readonly samples: readonly ReadSample[];
}

/**
 * Reads the fragments of a media segment whose offsets count from their `moof`. Defaults that are left
 * to the init segment (`trex`) are read as 0.
 *
 * @throws {ProtocolError} `ERR_MP4_BOX`, `ERR_MP4_FRAGMENT`.
 */
export function parseMediaSegment(bytes: Uint8Array): ReadTrackFragment[] {
  const budget = { samples: MAX_SAMPLES };
  return parseBoxes(bytes)
    .filter(({ type }) => type === 'moof')
    .flatMap((moof) =>
      moof.children
        .filter(({ type }) => type === 'traf')
        .map((traf) => readTrackFragment(bytes.subarray(moof.offset), traf, budget)),
    );
}

interface Defaults {
  readonly trackId: number;
  readonly duration: number;
  readonly size: number;
  readonly flags: number;
}

function readTrackFragment(fromMoof: Uint8Array, traf: Box, budget: { samples: number }): ReadTrackFragment {
  const header = findBox(traf.children, ['tfhd']);
  const decodeTime = findBox(traf.children, ['tfdt']);
  if (header === undefined || decodeTime === undefined) throw invalid('traf without tfhd or tfdt');
  const defaults = readDefaults(new BoxFields(header));
  const time = new BoxFields(decodeTime);
  const samples: ReadSample[] = [];
  for (const run of traf.children)
    if (run.type === 'trun') readRun(fromMoof, new BoxFields(run), defaults, samples, budget);
  return { trackId: defaults.trackId, baseDts: time.version === 1 ? time.u64() : time.u32(), samples };
}

function readDefaults(fields: BoxFields): Defaults {
  const trackId = fields.u32();
  if (fields.has(0x1)) throw invalid('a base data offset: only offsets from the moof are read');
  if (fields.has(0x2)) fields.u32(); // sample description index
  const duration = fields.has(0x8) ? fields.u32() : 0;
  const size = fields.has(0x10) ? fields.u32() : 0;
  return { trackId, duration, size, flags: fields.has(0x20) ? fields.u32() : 0 };
}

function readRun(
  fromMoof: Uint8Array,
  fields: BoxFields,
  defaults: Defaults,
  into: ReadSample[],
  budget: { samples: number },
): void {
  const count = fields.u32();
  budget.samples -= count;
  if (budget.samples < 0) throw invalid(`more than ${MAX_SAMPLES} samples`);
  if (!fields.has(0x1)) throw invalid('trun without data offset');
  let offset = fields.i32();
  const firstFlags = fields.has(0x4) ? fields.u32() : undefined;
  for (let i = 0; i < count; i++) {
    const { duration, size, flags, ptsOffset } = readEntry(fields, defaults);
    if (offset < 0 || offset + size > fromMoof.length) throw invalid('a sample reaches beyond the data');
    const isSync = ((i === 0 ? (firstFlags ?? flags) : flags) & NON_SYNC) === 0;
    into.push({ duration, ptsOffset, isSync, data: fromMoof.subarray(offset, offset + size) });
    offset += size;
  }
}

/** What `trun` says of one sample, in the order of its fields. */
function readEntry(
  fields: BoxFields,
  defaults: Defaults,
): Omit<Defaults, 'trackId'> & { readonly ptsOffset: number } {
  const duration = fields.has(0x100) ? fields.u32() : defaults.duration;
  const size = fields.has(0x200) ? fields.u32() : defaults.size;
  const flags = fields.has(0x400) ? fields.u32() : defaults.flags;
  if (!fields.has(0x800)) return { duration, size, flags, ptsOffset: 0 };
  return { duration, size, flags, ptsOffset: fields.version === 0 ? fields.u32() : fields.i32() };
}

function invalid(reason: string): ProtocolError {
  return new ProtocolError('ERR_MP4_FRAGMENT', `Bad MP4 fragment: ${reason}`);
}
