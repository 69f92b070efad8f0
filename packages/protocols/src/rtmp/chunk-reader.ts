import { ProtocolError } from '@vedette/media';
import { RTMP_LIMITS } from './limits.ts';
import { RTMP_DEFAULT_CHUNK_SIZE, type RtmpMessage } from './messages.ts';

/** What is known of one chunk stream: the last header, and the message that is under way. */
interface ChunkStream {
  timestamp: number;
  /** Added by a chunk of type 3 that begins a message; after a type 0 its timestamp (RTMP 1.0 §5.3.1.2.4). */
  delta: number;
  /** The extended timestamp as sent, where the last header had one. */
  extended: number | undefined;
  length: number;
  type: number;
  streamId: number;
  /** Bytes of the message so far; `undefined` between messages. */
  buffer: Uint8Array | undefined;
  received: number;
}

interface ChunkHeader {
  readonly id: number;
  readonly format: number;
  /** Bytes of the header. */
  readonly size: number;
  /** Where its message header begins. */
  readonly start: number;
  readonly extended: number | undefined;
}

const MESSAGE_HEADER_BYTES = [11, 7, 3, 0];
/** Basic header, message header and extended timestamp at their longest. */
const MAX_HEADER_BYTES = 18;
const EXTENDED = 0xff_ffff;
/** A message that comes in pieces begins with so much; memory grows as its bytes come, never as it claims. */
const FIRST_BUFFER_BYTES = 16 * 1024;
const NOTHING = new Uint8Array(0);

/** Puts messages together out of a chunk stream that comes in pieces of any size (RTMP 1.0 §5.3). */
export class RtmpChunkReader {
  readonly #onMessage: (message: RtmpMessage) => void;
  readonly #streams = new Map<number, ChunkStream>();
  #chunkSize = RTMP_DEFAULT_CHUNK_SIZE;
  /** The beginning of a header that was cut. */
  #cut: Uint8Array = NOTHING;
  #current: ChunkStream | undefined;
  /** Bytes of the current chunk that are to come. */
  #chunkLeft = 0;
  #unfinishedBytes = 0;
  /** Longest message that is taken. */
  maxMessageBytes: number = RTMP_LIMITS.commandMessageBytes;

  constructor(onMessage: (message: RtmpMessage) => void) {
    this.#onMessage = onMessage;
  }

  /** Whether a message has begun and not ended. */
  get isInsideMessage(): boolean {
    return this.#unfinishedBytes > 0 || this.#cut.length > 0 || this.#chunkLeft > 0;
  }

  /** What the peer said in SetChunkSize; holds for its next chunk. @throws {ProtocolError} `ERR_RTMP_CHUNK_SIZE`. */
  setChunkSize(bytes: number): void {
    if (bytes < 1 || bytes > 0x7fff_ffff) {
      throw new ProtocolError('ERR_RTMP_CHUNK_SIZE', `A chunk size of ${bytes} bytes is none`);
    }
    this.#chunkSize = bytes;
  }

  /** Forgets what came of a message (RTMP 1.0 §5.4.2). */
  abort(chunkStreamId: number): void {
    const stream = this.#streams.get(chunkStreamId);
    if (stream !== undefined) this.#drop(stream);
  }

  /**
   * Takes in the next bytes.
   *
   * @throws {ProtocolError} `ERR_RTMP_CHUNK`: a chunk refers to one that never came; `ERR_RTMP_LIMIT`: more than
   * {@link RTMP_LIMITS} allow.
   */
  push(bytes: Uint8Array): void {
    let at = 0;
    while (at < bytes.length) {
      if (this.#current !== undefined && this.#chunkLeft > 0) {
        const count = Math.min(this.#chunkLeft, bytes.length - at);
        this.#chunkLeft -= count;
        this.#append(this.#current, bytes.subarray(at, at + count));
        at += count;
        continue;
      }
      const before = this.#cut.length;
      const head =
        before === 0 ? bytes.subarray(at) : joined(this.#cut, bytes.subarray(at, at + MAX_HEADER_BYTES));
      const header = this.#parseHeader(head);
      if (header === undefined) {
        this.#cut = head.slice();
        return;
      }
      this.#cut = NOTHING;
      at += header.size - before;
      this.#begin(header, head);
    }
  }

  /** `undefined` where bytes are missing. */
  #parseHeader(bytes: Uint8Array): ChunkHeader | undefined {
    const basic = parseBasicHeader(bytes);
    if (basic === undefined) return undefined;
    const { id, format, start } = basic;
    const end = start + (MESSAGE_HEADER_BYTES[format] ?? 0);
    if (bytes.length < end) return undefined;
    const known = this.#streams.get(id);
    const isExtended = format === 3 ? known?.extended !== undefined : u24(bytes, start) === EXTENDED;
    if (!isExtended) return { id, format, size: end, start, extended: undefined };
    if (bytes.length < end + 4) return undefined;
    const extended = u32(bytes, end);
    // Old encoders leave it out of chunks that go on with a message: then these are its bytes.
    const isLeftOut = format === 3 && known?.buffer !== undefined && extended !== known.extended;
    return isLeftOut
      ? { id, format, size: end, start, extended: known.extended }
      : { id, format, size: end + 4, start, extended };
  }

  #begin(header: ChunkHeader, bytes: Uint8Array): void {
    const stream = this.#streamOf(header);
    // Only type 3 goes on with a message; anything else begins one, whatever was under way.
    if (header.format !== 3 && stream.buffer !== undefined) this.#drop(stream);
    if (stream.buffer === undefined) {
      readHeader(stream, header, bytes);
      if (stream.length > this.maxMessageBytes) {
        throw new ProtocolError(
          'ERR_RTMP_LIMIT',
          `A message of ${stream.length} bytes, at most ${this.maxMessageBytes} are taken here`,
        );
      }
      stream.buffer = NOTHING;
      stream.received = 0;
    }
    this.#current = stream;
    this.#chunkLeft = Math.min(this.#chunkSize, stream.length - stream.received);
    if (stream.length === 0) this.#finish(stream, NOTHING);
  }

  #streamOf({ id, format }: ChunkHeader): ChunkStream {
    const known = this.#streams.get(id);
    if (known !== undefined) return known;
    if (format !== 0 && format !== 1) {
      throw new ProtocolError('ERR_RTMP_CHUNK', `Chunk stream ${id} begins with a chunk of type ${format}`);
    }
    if (this.#streams.size >= RTMP_LIMITS.chunkStreams) {
      throw new ProtocolError('ERR_RTMP_LIMIT', `More than ${RTMP_LIMITS.chunkStreams} chunk streams`);
    }
    // Type 1 at the start is against the rules, and what some encoders send: its message stream is 0.
    const stream = {
      ...{ timestamp: 0, delta: 0, extended: undefined, length: 0, type: 0, streamId: 0 },
      ...{ buffer: undefined, received: 0 },
    };
    this.#streams.set(id, stream);
    return stream;
  }

  #append(stream: ChunkStream, bytes: Uint8Array): void {
    if (bytes.length === stream.length) {
      this.#finish(stream, bytes); // whole, in one piece: no copy
      return;
    }
    const received = stream.received + bytes.length;
    this.#unfinishedBytes += bytes.length;
    if (this.#unfinishedBytes > RTMP_LIMITS.unfinishedBytes) {
      throw new ProtocolError('ERR_RTMP_LIMIT', 'Too many messages were begun and not ended');
    }
    let buffer = stream.buffer ?? NOTHING;
    if (received > buffer.length) {
      const size = Math.max(received, 2 * buffer.length, FIRST_BUFFER_BYTES);
      const grown = new Uint8Array(Math.min(stream.length, size));
      grown.set(buffer.subarray(0, stream.received));
      stream.buffer = buffer = grown;
    }
    buffer.set(bytes, stream.received);
    stream.received = received;
    if (received === stream.length) {
      this.#unfinishedBytes -= received;
      this.#finish(stream, buffer);
    }
  }

  #finish(stream: ChunkStream, payload: Uint8Array): void {
    const { type, streamId, timestamp } = stream;
    stream.buffer = undefined;
    stream.received = 0;
    this.#current = undefined;
    this.#onMessage({ type, streamId, timestamp, payload });
  }

  #drop(stream: ChunkStream): void {
    this.#unfinishedBytes -= stream.received;
    stream.buffer = undefined;
    stream.received = 0;
    // The rest of a chunk that is being read belongs to what was dropped: it is read over.
    if (this.#current === stream && this.#chunkLeft === 0) this.#current = undefined;
  }
}

/** RTMP 1.0 §5.3.1.1; `undefined` where bytes are missing. */
function parseBasicHeader(bytes: Uint8Array): Pick<ChunkHeader, 'id' | 'format' | 'start'> | undefined {
  const [first = 0, second, third] = bytes;
  const format = first >>> 6;
  const id = first & 0x3f;
  if (id > 1) return { id, format, start: 1 };
  if (second === undefined) return undefined;
  if (id === 0) return { id: 64 + second, format, start: 2 };
  return third === undefined ? undefined : { id: 64 + second + 256 * third, format, start: 3 };
}

/** Takes over what the header of a message says; types 1 to 3 say less and less (RTMP 1.0 §5.3.1.2). */
function readHeader(stream: ChunkStream, { format, start, extended }: ChunkHeader, bytes: Uint8Array): void {
  if (format < 3) {
    const time = extended ?? u24(bytes, start);
    stream.delta = time;
    stream.extended = extended;
    if (format === 0) stream.timestamp = 0;
  }
  stream.timestamp = (stream.timestamp + stream.delta) >>> 0;
  if (format < 2) {
    stream.length = u24(bytes, start + 3);
    stream.type = bytes[start + 6] ?? 0;
  }
  if (format === 0) {
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    stream.streamId = view.getUint32(start + 7, true);
  }
}

function u24(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0);
}

function u32(bytes: Uint8Array, at: number): number {
  return u24(bytes, at) * 256 + (bytes[at + 3] ?? 0);
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const out = new Uint8Array(a.length + b.length);
  out.set(a);
  out.set(b, a.length);
  return out;
}
