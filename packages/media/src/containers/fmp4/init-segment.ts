import type { Track } from '../../track.ts';
import { box, fourCc, fullBox, u16, u32, zeros } from './box.ts';
import { sampleEntry } from './sample-entry.ts';

const MOVIE_TIMESCALE = 1000;
const UNITY_MATRIX = [0x1_0000, 0, 0, 0, 0x1_0000, 0, 0, 0, 0x4000_0000].flatMap(u32);
const LANGUAGE_UNDETERMINED = 0x55c4;

/**
 * Initialization segment of fragmented MP4 (`ftyp` and `moov`), for HLS, MSE and recordings.
 *
 * Timescales are the tracks' clock rates; track ids are the tracks' places plus 1.
 *
 * Spec: ISO 14496-12 §8, ISO 14496-15 (avc1, hvc1).
 *
 * @throws {ProtocolError} a video track has no parameter sets, or bad ones.
 */
export function initSegment(tracks: readonly Track[]): Uint8Array {
  const nextTrackId = Math.max(0, ...tracks.map(({ id }) => id + 1)) + 1;
  const movie = box(
    'moov',
    fullBox(
      'mvhd',
      0,
      0,
      [...zeros(8), ...u32(MOVIE_TIMESCALE), ...zeros(4)],
      [...u32(0x1_0000), ...u16(0x100), ...zeros(10)],
      UNITY_MATRIX,
      [...zeros(24), ...u32(nextTrackId)],
    ),
    ...tracks.map(trackBox),
    box('mvex', ...tracks.map(({ id }) => fullBox('trex', 0, 0, [...u32(id + 1), ...u32(1), ...zeros(12)]))),
  );
  const types = box('ftyp', fourCc('iso6'), zeros(4), ['iso6', 'mp41', 'hlsf'].flatMap(fourCc));
  return concat(types, movie);
}

function trackBox(track: Track): Uint8Array {
  const isVideo = track.kind === 'video';
  const size = isVideo ? [track.video.width, track.video.height] : [0, 0];
  const header = fullBox(
    'tkhd',
    0,
    3, // enabled, in movie
    [...zeros(8), ...u32(track.id + 1), ...zeros(20), ...u16(isVideo ? 0 : 0x100), ...zeros(2)],
    UNITY_MATRIX,
    size.flatMap((pixels) => [...u16(pixels), ...u16(0)]),
  );
  const mediaHeader = fullBox(
    'mdhd',
    0,
    0,
    [...zeros(8), ...u32(track.clockRate), ...zeros(4)],
    [...u16(LANGUAGE_UNDETERMINED), ...zeros(2)],
  );
  const handler = fullBox('hdlr', 0, 0, zeros(4), fourCc(isVideo ? 'vide' : 'soun'), zeros(13));
  return box('trak', header, box('mdia', mediaHeader, handler, mediaInformation(track)));
}

function mediaInformation(track: Track): Uint8Array {
  const header = track.kind === 'video' ? fullBox('vmhd', 0, 1, zeros(8)) : fullBox('smhd', 0, 0, zeros(4));
  const reference = fullBox('dref', 0, 0, u32(1), fullBox('url ', 0, 1)); // in this file
  const sampleTable = box(
    'stbl',
    fullBox('stsd', 0, 0, u32(1), sampleEntry(track)),
    fullBox('stts', 0, 0, zeros(4)),
    fullBox('stsc', 0, 0, zeros(4)),
    fullBox('stsz', 0, 0, zeros(8)),
    fullBox('stco', 0, 0, zeros(4)),
  );
  return box('minf', header, box('dinf', reference), sampleTable);
}

function concat(a: Uint8Array, b: Uint8Array): Uint8Array {
  const out = new Uint8Array(a.length + b.length);
  out.set(a);
  out.set(b, a.length);
  return out;
}
