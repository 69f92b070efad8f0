import { totalLength, type AccessUnit } from '../../access-unit.ts';
import type { JpegTrack } from '../../track.ts';
import { USUAL_HUFFMAN_TABLES } from './huffman-tables.ts';
import { parseJpegHeader, type JpegHeader } from './jpeg-header.ts';
import { createJpegTrack } from './jpeg-track.ts';

/** Turns whole JPEGs, as any source gives them, into access units. One instance per track. */
export class JpegAssembler {
  readonly #id: number;
  readonly #clockRate: number;
  readonly #frameRate: number | undefined;
  #track: JpegTrack | undefined;
  #header: JpegHeader | undefined;

  /**
   * @param id place of the track in its stream
   * @param clockRate ticks per second of the PTS
   * @param frameRate pictures per second where it is agreed on
   */
  constructor(id: number, clockRate: number, frameRate?: number) {
    this.#id = id;
    this.#clockRate = clockRate;
    this.#frameRate = frameRate;
  }

  /** `undefined` until the first picture. */
  get track(): JpegTrack | undefined {
    return this.#track;
  }

  /**
   * Takes one JPEG, SOI to EOI; the unit's data are views of it.
   *
   * @throws {ProtocolError} as `parseJpegHeader`.
   */
  push(jpeg: Uint8Array, pts: number): AccessUnit {
    const header = parseJpegHeader(jpeg);
    const track = this.#trackOf(header);
    const { hasHuffmanTables, process, scanOffset } = header;
    const data =
      hasHuffmanTables || process !== 'baseline'
        ? [jpeg]
        : [jpeg.subarray(0, scanOffset), USUAL_HUFFMAN_TABLES, jpeg.subarray(scanOffset)];
    return {
      track,
      pts,
      dts: pts,
      isRandomAccess: true,
      data,
      byteLength: totalLength(data),
      wallClockMs: Number.NaN,
    };
  }

  #trackOf(header: JpegHeader): JpegTrack {
    const before = this.#header;
    this.#header = header;
    const isSame =
      before?.width === header.width && before.height === header.height && before.process === header.process;
    if (isSame && this.#track !== undefined) return this.#track;
    this.#track = createJpegTrack(this.#id, this.#clockRate, header, this.#frameRate);
    return this.#track;
  }
}
