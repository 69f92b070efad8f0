import { ProtocolError } from '../../errors.ts';
import type { Demuxer, DemuxerOutput } from '../demuxer.ts';
import { FlvReader } from './flv-reader.ts';
import { FLV_LIMITS, FLV_TAG_HEADER_BYTES, FlvTagType, parseFlvTagHeader } from './flv-tag.ts';

const FILE_HEADER_BYTES = 9;
const PREVIOUS_SIZE_BYTES = 4;
/** Pieces that wait for the rest of their tag are joined from this many on, so that tiny ones do not cost more than they hold. */
const MAX_PIECES = 512;

/** Reads an FLV file or an endless FLV stream (HTTP-FLV, a pipe) that begins with its header. */
export class FlvDemuxer implements Demuxer {
  readonly #reader: FlvReader;
  #pieces: Uint8Array[] = [];
  #length = 0;
  /** Bytes that the next step needs. */
  #needed = FILE_HEADER_BYTES;
  #hasHeader = false;

  constructor(output: DemuxerOutput) {
    this.#reader = new FlvReader(output);
  }

  /** @throws {ProtocolError} `ERR_FLV_HEADER`, `ERR_FLV_TAG`, or what {@link FlvReader} finds. */
  push(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#pieces.push(bytes);
    this.#length += bytes.length;
    if (this.#length < this.#needed) {
      if (this.#pieces.length >= MAX_PIECES) this.#pieces = [this.#joined()];
      return;
    }
    const data = this.#joined();
    let at = 0;
    for (;;) {
      const used = this.#hasHeader ? this.#tag(data, at) : this.#header(data);
      if (used === 0) break;
      at += used;
    }
    this.#length = data.length - at;
    this.#pieces = this.#length === 0 ? [] : [data.subarray(at)];
  }

  flush(): void {
    this.#reader.flush();
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

  /** @returns how many bytes were used; 0 where more are needed. */
  #header(data: Uint8Array): number {
    if (data[0] !== 0x46 || data[1] !== 0x4c || data[2] !== 0x56) {
      throw new ProtocolError('ERR_FLV_HEADER', 'This is not FLV: it must begin with "FLV"');
    }
    const offset = new DataView(data.buffer, data.byteOffset).getUint32(5);
    if (offset < FILE_HEADER_BYTES || offset > FLV_LIMITS.headerBytes) {
      throw new ProtocolError('ERR_FLV_HEADER', `Bad FLV: a header of ${offset} bytes`);
    }
    this.#needed = offset + PREVIOUS_SIZE_BYTES;
    if (data.length < this.#needed) return 0;
    const used = this.#needed;
    const flags = data[4] ?? 0;
    // Live muxers that do not know yet say neither; what they say is right as a rule, and what comes counts.
    if ((flags & 5) !== 0) this.#reader.expect({ hasVideo: (flags & 1) !== 0, hasAudio: (flags & 4) !== 0 });
    this.#hasHeader = true;
    this.#needed = FLV_TAG_HEADER_BYTES;
    return used;
  }

  #tag(data: Uint8Array, at: number): number {
    this.#needed = FLV_TAG_HEADER_BYTES;
    if (data.length - at < this.#needed) return 0;
    const { type, size, timestamp } = parseFlvTagHeader(data.subarray(at));
    this.#needed = FLV_TAG_HEADER_BYTES + size + PREVIOUS_SIZE_BYTES;
    if (data.length - at < this.#needed) return 0;
    const body = data.subarray(at + FLV_TAG_HEADER_BYTES, at + FLV_TAG_HEADER_BYTES + size);
    if (type === FlvTagType.video) this.#reader.video(timestamp, body);
    else if (type === FlvTagType.audio) this.#reader.audio(timestamp, body);
    else if (type === FlvTagType.script) this.#reader.script(body);
    return this.#needed;
  }
}
