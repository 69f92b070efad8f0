import { ProtocolError } from '../../errors.ts';
import { BoxFields } from './box-fields.ts';
import { findBox, type Box } from './box-reader.ts';

/** Tracks of one file; more are refused. */
const MAX_TRACKS = 32;
/** Edits of one track that are read: what shifts its beginning stands in front. */
const MAX_EDITS = 8;
const UNKNOWN_DURATION = 0xffff_ffff;

/** What fragments of a track leave out (`trex`, ISO 14496-12 §8.8.3). */
export interface SampleDefaults {
  readonly duration: number;
  readonly size: number;
}

/** One track as `moov` describes it. */
export interface MovieTrack {
  readonly trackId: number;
  /** Ticks per second of its times. */
  readonly timescale: number;
  /** `vide`, `soun` or others. */
  readonly handler: string;
  /** The first entry of `stsd`, which says how to decode it; `undefined` where there is none. */
  readonly sampleEntry: Box | undefined;
  /** `stbl`: where its samples are, in a file without fragments. */
  readonly sampleTable: Box;
  readonly defaults: SampleDefaults;
  /** What to add to its times so that they are those of the presentation, in ticks: from its edit list. */
  readonly shift: number;
}

export interface Movie {
  readonly tracks: readonly MovieTrack[];
  /** There are fragments, or may be. */
  readonly isFragmented: boolean;
}

/**
 * Reads a `moov` box.
 *
 * Of an edit list (§8.6.6) what moves the track's beginning is honoured: an empty edit delays it, the first real one
 * says which time of the media is shown first. Encoders put the delay of B-frames and of audio priming there.
 *
 * @throws {ProtocolError} `ERR_MP4_MOVIE`, or a box in it is too short.
 */
export function parseMovie(moov: Box): Movie {
  const header = findBox(moov.children, ['mvhd']);
  const movieTimescale = header === undefined ? 0 : timescaleOf(header);
  const boxes = moov.children.filter(({ type }) => type === 'trak');
  if (boxes.length > MAX_TRACKS) throw invalid(`more than ${MAX_TRACKS} tracks`);
  const extends_ = findBox(moov.children, ['mvex']);
  return {
    tracks: boxes.map((trak) => readTrack(trak, extends_, movieTimescale)),
    isFragmented: extends_ !== undefined,
  };
}

function readTrack(trak: Box, extends_: Box | undefined, movieTimescale: number): MovieTrack {
  const header = findBox(trak.children, ['tkhd']);
  const media = findBox(trak.children, ['mdia', 'mdhd']);
  const handler = findBox(trak.children, ['mdia', 'hdlr']);
  const sampleTable = findBox(trak.children, ['mdia', 'minf', 'stbl']);
  if (header === undefined || media === undefined || handler === undefined || sampleTable === undefined) {
    throw invalid('a track without tkhd, mdhd, hdlr or stbl');
  }
  const timescale = timescaleOf(media);
  if (timescale === 0) throw invalid('a timescale of 0');
  const fields = new BoxFields(header);
  fields.skip(fields.version === 1 ? 16 : 8);
  const trackId = fields.u32();
  const kind = new BoxFields(handler);
  kind.skip(4);
  const edits = findBox(trak.children, ['edts', 'elst']);
  return {
    trackId,
    timescale,
    handler: fourLetters(kind.u32()),
    sampleEntry: findBox(sampleTable.children, ['stsd'])?.children[0],
    sampleTable,
    defaults: readDefaults(extends_, trackId),
    shift: edits === undefined ? 0 : readShift(edits, timescale, movieTimescale),
  };
}

/** Timescale of `mvhd` or `mdhd`, which begin alike. */
function timescaleOf(box: Box): number {
  const fields = new BoxFields(box);
  fields.skip(fields.version === 1 ? 16 : 8);
  return fields.u32();
}

function readDefaults(extends_: Box | undefined, trackId: number): SampleDefaults {
  for (const box of extends_?.children ?? []) {
    if (box.type !== 'trex') continue;
    const fields = new BoxFields(box);
    if (fields.u32() !== trackId) continue;
    fields.skip(4); // sample description index
    return { duration: fields.u32(), size: fields.u32() };
  }
  return { duration: 0, size: 0 };
}

function readShift(box: Box, timescale: number, movieTimescale: number): number {
  const fields = new BoxFields(box);
  const isLong = fields.version === 1;
  const count = Math.min(fields.u32(), MAX_EDITS);
  let delay = 0;
  for (let i = 0; i < count; i++) {
    const duration = isLong ? fields.u64() : fields.u32();
    const mediaTime = isLong ? fields.i64() : fields.i32();
    fields.skip(4); // media rate
    if (mediaTime >= 0) return checked(Math.round(delay) - mediaTime);
    const isKnown = movieTimescale > 0 && duration < UNKNOWN_DURATION;
    if (isKnown) delay += (duration * timescale) / movieTimescale;
  }
  return checked(Math.round(delay));
}

function checked(ticks: number): number {
  if (!Number.isSafeInteger(ticks)) throw invalid('an edit list beyond all bounds');
  return ticks;
}

function fourLetters(code: number): string {
  return String.fromCharCode(code >>> 24, (code >>> 16) & 0xff, (code >>> 8) & 0xff, code & 0xff);
}

function invalid(reason: string): ProtocolError {
  return new ProtocolError('ERR_MP4_MOVIE', `Bad MP4 movie: ${reason}`);
}
