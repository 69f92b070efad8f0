import { NAL_LIMITS } from '../../codecs/nal-units.ts';
import { ProtocolError } from '../../errors.ts';
import type { DemuxerOutput } from '../demuxer.ts';
import { parseBoxes, readBoxHeader } from './box-reader.ts';
import { parseMovie, type Movie, type MovieTrack } from './movie.ts';
import { sampleCodec } from './sample-codec.ts';
import { MAX_FILE_SAMPLES, readSampleTable, type SampleTable } from './sample-table.ts';
import { SampleUnits, type SampleUnitsOptions } from './sample-units.ts';

/** `moov` of a file of some days, with all its sample tables. */
const MAX_MOVIE_BYTES = 128 * 1024 * 1024;
/** Boxes side by side in a file; fragmented ones are left to `Fmp4Demuxer` and not walked through. */
const MAX_TOP_BOXES = 1024;
const HEADER_BYTES = 16;

/**
 * Reads `length` bytes of a file from `offset` on; fewer where the file ends.
 */
export type ReadAt = (offset: number, length: number) => Promise<Uint8Array>;

interface IndexedTrack {
  readonly track: MovieTrack;
  readonly table: SampleTable;
  /** The next sample to be read. */
  next: number;
}

/**
 * A progressive MP4 file (ISO 14496-12): an index of its samples in memory, the samples themselves read one by one.
 */
export class Mp4File {
  readonly #read: ReadAt;
  readonly #movie: Movie;
  readonly #tracks: IndexedTrack[];

  private constructor(read: ReadAt, movie: Movie, tracks: IndexedTrack[]) {
    this.#read = read;
    this.#movie = movie;
    this.#tracks = tracks;
  }

  /**
   * Looks for `moov`, wherever it is, and reads the sample tables of what can be played.
   *
   * @param size of the file in bytes
   * @returns `undefined` for a file of fragments: `Fmp4Demuxer` reads those.
   * @throws {ProtocolError} `ERR_MP4_…`: no MP4, tables that do not fit, or beyond a limit.
   */
  static async open(read: ReadAt, size: number): Promise<Mp4File | undefined> {
    const moov = await findMoov(read, size);
    if (moov === undefined) return undefined;
    const [box] = parseBoxes(moov);
    if (box === undefined) throw new ProtocolError('ERR_MP4_MOVIE', 'Bad MP4 movie: it is empty');
    const movie = parseMovie(box);
    if (movie.isFragmented) return undefined;
    let left = MAX_FILE_SAMPLES;
    const tracks: IndexedTrack[] = [];
    for (const track of movie.tracks) {
      if (typeof sampleCodec(track) === 'string') continue;
      const table = readSampleTable(track.sampleTable, left);
      left -= table.count;
      if (table.count > 0) tracks.push({ track, table, next: 0 });
    }
    return new Mp4File(read, movie, tracks);
  }

  /** Samples of all tracks that can be played. */
  get sampleCount(): number {
    return this.#tracks.reduce((sum, { table }) => sum + table.count, 0);
  }

  /**
   * Plays the file once: reads sample after sample in the order of their decoding times and hands the units to
   * `output`, at the pace at which the generator is asked.
   *
   * @throws {ProtocolError} `ERR_MP4_NO_TRACKS`, `ERR_MP4_SAMPLES`: a sample beyond the file's end.
   */
  async *play(output: DemuxerOutput, options: SampleUnitsOptions = {}): AsyncGenerator<undefined, void> {
    const units = new SampleUnits(output, options);
    units.setMovie(this.#movie);
    for (const track of this.#tracks) track.next = 0;
    for (let track = this.#earliest(); track !== undefined; track = this.#earliest()) {
      const { table, next } = track;
      track.next += 1;
      const dts = table.dts[next] ?? 0;
      const data = await this.#sample(table.offsets[next] ?? 0, table.sizes[next] ?? 0);
      units.push({ track: track.track, dts, pts: dts + (table.ptsOffsets[next] ?? 0) }, data);
      yield undefined;
    }
    units.flush();
  }

  #earliest(): IndexedTrack | undefined {
    let earliest: IndexedTrack | undefined;
    let earliestTime = Infinity;
    for (const each of this.#tracks) {
      const dts = each.table.dts[each.next];
      if (dts === undefined) continue;
      const time = (dts + each.track.shift) / each.track.timescale;
      if (time < earliestTime) [earliest, earliestTime] = [each, time];
    }
    return earliest;
  }

  async #sample(offset: number, size: number): Promise<Uint8Array> {
    if (size > NAL_LIMITS.pictureBytes) {
      throw new ProtocolError('ERR_MP4_SAMPLES', `Bad MP4 sample table: a sample of ${size} bytes`);
    }
    const data = await this.#read(offset, size);
    if (data.length < size) {
      throw new ProtocolError('ERR_MP4_SAMPLES', 'Bad MP4 sample table: the file ends before its samples do');
    }
    return data;
  }
}

/** The bytes of `moov`; `undefined` where a fragment comes before it. */
async function findMoov(read: ReadAt, size: number): Promise<Uint8Array | undefined> {
  let offset = 0;
  for (let boxes = 0; boxes < MAX_TOP_BOXES && offset + 8 <= size; boxes++) {
    const head = await read(offset, HEADER_BYTES);
    if (head.length < 8) break;
    const header = readBoxHeader(head, 0, head.length >= HEADER_BYTES);
    const boxSize = header.size === 0 ? size - offset : header.size;
    if (boxes === 0 && !/^[\x20-\x7e]{4}$/.test(header.type)) break;
    if (header.type === 'moof') return undefined;
    if (header.type === 'moov') {
      if (boxSize > MAX_MOVIE_BYTES || offset + boxSize > size) throw notMp4(`moov claims ${boxSize} bytes`);
      return read(offset, boxSize);
    }
    offset += boxSize;
  }
  throw notMp4('there is no moov: the file is none, or was cut off while it was written');
}

function notMp4(reason: string): ProtocolError {
  return new ProtocolError('ERR_MP4_MOVIE', `Bad MP4 movie: ${reason}`);
}
