import { totalLength } from '../../access-unit.ts';
import { unixMsToNtp } from '../../time.ts';
import { isNalTrack, type Track } from '../../track.ts';
import { BoxWriter } from './box-writer.ts';

/** One access unit in a segment. Times are in ticks of the track's clock rate. */
export interface MediaSample {
  /** Until the next sample's DTS; for the last sample of a live part, the best guess. */
  readonly duration: number;
  /** PTS minus DTS; may be negative. */
  readonly ptsOffset: number;
  /** Decoding can start here. */
  readonly isSync: boolean;
  /** The unit's `data`: NAL units get their lengths here, all else goes as it is. */
  readonly data: readonly Uint8Array[];
}

/** What one track adds to a segment. */
export interface MediaSegmentTrack {
  readonly track: Track;
  /** DTS of the first sample, not negative. */
  readonly baseDts: number;
  readonly samples: readonly MediaSample[];
}

export interface MediaSegment {
  /** Of the fragment, counted up by one from fragment to fragment. */
  readonly sequenceNumber: number;
  readonly tracks: readonly MediaSegmentTrack[];
  /** Writes `prft`: when the unit presented at `pts` was captured (ISO 14496-12 §8.16.5). */
  readonly producerTime?: { readonly track: Track; readonly pts: number; readonly wallClockMs: number };
  /** Writes `styp` in front: this is the beginning of a segment, not one of its later parts. */
  readonly hasSegmentType?: boolean;
}

const STYP_BYTES = 24;
const PRFT_BYTES = 32;
const MFHD_BYTES = 16;
const TRAF_BYTES = 8 + 16 + 20 + 20;
const SAMPLE_BYTES = 16;
const DEFAULT_BASE_IS_MOOF = 0x02_0000;
/** Data offset; duration, size, flags and composition offset of each sample. */
const TRUN_FLAGS = 0x000f01;
/** sample_depends_on 2: on no other. */
const SYNC_FLAGS = 0x0200_0000;
/** sample_depends_on 1: on others; not a sync sample. */
const NON_SYNC_FLAGS = 0x0101_0000;
/** The consistent, ideally zero, offset from the capture of what is shown. */
const CAPTURE_TIME = 24;

/**
 * One `moof` with its `mdat`: a fragment, which is also a part of low-latency HLS. Everything is
 * written into one allocation.
 *
 * @throws {RangeError} a base DTS is negative or no safe integer.
 */
export function mediaSegment(segment: MediaSegment): Uint8Array {
  const { tracks, producerTime } = segment;
  let moofBytes = 8 + MFHD_BYTES;
  let mdatBytes = 8;
  for (const { track, samples } of tracks) {
    moofBytes += TRAF_BYTES + SAMPLE_BYTES * samples.length;
    for (const { data } of samples) mdatBytes += sampleBytes(track, data);
  }
  const headBytes = (segment.hasSegmentType === true ? STYP_BYTES : 0) + (producerTime ? PRFT_BYTES : 0);
  const writer = new BoxWriter(headBytes + moofBytes + mdatBytes);
  if (segment.hasSegmentType === true) writeSegmentType(writer);
  if (producerTime) writeProducerTime(writer, producerTime);
  writeMoof(writer, segment, moofBytes);
  writer.boxHeader('mdat', mdatBytes);
  for (const { track, samples } of tracks) {
    for (const { data } of samples) writeSample(writer, track, data);
  }
  return writer.finish();
}

function sampleBytes(track: Track, data: readonly Uint8Array[]): number {
  return totalLength(data) + (isNalTrack(track) ? 4 * data.length : 0);
}

function writeSample(writer: BoxWriter, track: Track, data: readonly Uint8Array[]): void {
  const hasLengths = isNalTrack(track);
  for (const part of data) {
    if (hasLengths) writer.u32(part.length);
    writer.bytes(part);
  }
}

function writeSegmentType(writer: BoxWriter): void {
  writer.boxHeader('styp', STYP_BYTES);
  writer.type('msdh');
  writer.u32(0);
  writer.type('msdh');
  writer.type('msix');
}

function writeProducerTime(
  writer: BoxWriter,
  { track, pts, wallClockMs }: Required<MediaSegment>['producerTime'],
): void {
  const { seconds, fraction } = unixMsToNtp(wallClockMs);
  writer.boxHeader('prft', PRFT_BYTES);
  writer.u32((1 << 24) | CAPTURE_TIME);
  writer.u32(track.id + 1);
  writer.u32(seconds);
  writer.u32(fraction);
  writer.u64(pts);
}

function writeMoof(writer: BoxWriter, { sequenceNumber, tracks }: MediaSegment, moofBytes: number): void {
  writer.boxHeader('moof', moofBytes);
  writer.boxHeader('mfhd', MFHD_BYTES);
  writer.u32(0);
  writer.u32(sequenceNumber);
  let dataOffset = moofBytes + 8;
  for (const track of tracks) {
    writeTraf(writer, track, dataOffset);
    for (const { data } of track.samples) dataOffset += sampleBytes(track.track, data);
  }
}

function writeTraf(
  writer: BoxWriter,
  { track, baseDts, samples }: MediaSegmentTrack,
  dataOffset: number,
): void {
  const trunBytes = 20 + SAMPLE_BYTES * samples.length;
  writer.boxHeader('traf', TRAF_BYTES + SAMPLE_BYTES * samples.length);
  writer.boxHeader('tfhd', 16);
  writer.u32(DEFAULT_BASE_IS_MOOF);
  writer.u32(track.id + 1);
  writer.boxHeader('tfdt', 20);
  writer.u32(1 << 24);
  writer.u64(baseDts);
  writer.boxHeader('trun', trunBytes);
  writer.u32((1 << 24) | TRUN_FLAGS);
  writer.u32(samples.length);
  writer.u32(dataOffset);
  for (const { duration, ptsOffset, isSync, data } of samples) {
    writer.u32(duration);
    writer.u32(sampleBytes(track, data));
    writer.u32(isSync ? SYNC_FLAGS : NON_SYNC_FLAGS);
    writer.i32(ptsOffset);
  }
}
