import { ProtocolError } from '@vedette/media';

import { INTERLEAVED_HEADER_BYTES, INTERLEAVED_MAGIC } from './interleaved-frame.ts';
import { RTSP_SERVER_LIMITS, type RtspLimits } from './limits.ts';
import { concat, MessageHeadReader, type MessageHead } from './message-head.ts';
import type { RtspRequest, RtspResponse } from './rtsp-message.ts';

/** Takes what an `RtspParser` finds, in the order of the bytes, during `push`. */
export interface RtspHandler {
  /**
   * An interleaved frame (RFC 2326 §10.12). `payload` is a view of the pushed chunk, or of a buffer of
   * its own where the frame spanned chunks; both stay valid after the call.
   */
  onFrame(channel: number, payload: Uint8Array): void;
  onRequest(request: RtspRequest): void;
  onResponse(response: RtspResponse): void;
}

/** A frame or a body that is being put together from several chunks. */
interface Filling {
  readonly bytes: Uint8Array;
  filled: number;
  readonly done: (bytes: Uint8Array) => void;
}

/** Enough to judge whether lost synchronization is found again: `$`, channel, length, first byte of the packet. */
const SYNC_BYTES = 5;
const RESPONSE_PREFIX = [0x52, 0x54, 0x53, 0x50, 0x2f]; // "RTSP/"
const EMPTY = new Uint8Array(0);

/**
 * Cuts the byte stream of an RTSP connection into requests, responses and interleaved frames; the
 * same for server and client.
 *
 * Frames are passed on without a copy, and with exactly one where they span chunks. Between
 * messages, as many bytes as `limits.garbageBytes` allows are skipped to find the next frame or
 * response: some cameras leave padding behind a frame or lose bytes when their send buffer is full.
 *
 * After `push` has thrown, the parser has lost its place: end the connection.
 */
export class RtspParser {
  readonly #handler: RtspHandler;
  readonly #limits: RtspLimits;
  #filling: Filling | undefined;
  #head: MessageHeadReader | undefined;
  /** First bytes of a frame header, or of what is looked through while lost. */
  #stub: Uint8Array = EMPTY;
  #isLost = false;
  #skippedInARow = 0;
  #skippedBytes = 0;

  constructor(handler: RtspHandler, limits: RtspLimits = RTSP_SERVER_LIMITS) {
    this.#handler = handler;
    this.#limits = limits;
  }

  /** Bytes skipped so far because they belonged to no frame and no message. */
  get skippedBytes(): number {
    return this.#skippedBytes;
  }

  /** Whether a message or frame has begun and is not complete: a peer that stays here too long is stalling. */
  get isInsideMessage(): boolean {
    return this.#filling !== undefined || this.#head !== undefined || this.#stub.length > 0;
  }

  /**
   * Takes the next bytes of the connection and calls the handler for everything that they complete.
   *
   * @throws {ProtocolError} `ERR_RTSP_…`: the bytes break RTSP or a limit. Whatever the handler throws passes through.
   */
  push(chunk: Uint8Array): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.#filling !== undefined) at = this.#fill(this.#filling, chunk, at);
      else if (this.#head !== undefined) at = this.#readHead(this.#head, chunk, at);
      else if (this.#stub.length > 0) at = this.#resumeStub(chunk);
      else if (this.#isLost) at = this.#resync(chunk, at);
      else at = this.#begin(chunk, at);
    }
  }

  /** At a boundary: the first byte says what follows. */
  #begin(chunk: Uint8Array, at: number): number {
    const first = chunk[at];
    if (first === INTERLEAVED_MAGIC) {
      if (chunk.length - at >= INTERLEAVED_HEADER_BYTES) return this.#frame(chunk, at, chunk, at + 4);
      this.#stub = chunk.slice(at);
      return chunk.length;
    }
    if (first === 0x0d || first === 0x0a) return at + 1; // empty lines between messages: RFC 2326 §4.1 and many cameras
    this.#head = new MessageHeadReader(this.#limits);
    return at;
  }

  /** `header[headerAt]` is a `$`; the payload starts at `chunk[at]`. */
  #frame(header: Uint8Array, headerAt: number, chunk: Uint8Array, at: number): number {
    const channel = header[headerAt + 1] ?? 0;
    const length = ((header[headerAt + 2] ?? 0) << 8) | (header[headerAt + 3] ?? 0);
    if (length > this.#limits.frameBytes) {
      throw new ProtocolError(
        'ERR_RTSP_FRAME_TOO_LONG',
        `an interleaved frame of ${length} bytes is too long`,
      );
    }
    const end = at + length;
    if (end <= chunk.length) {
      this.#skippedInARow = 0;
      this.#handler.onFrame(channel, chunk.subarray(at, end));
      return end;
    }
    this.#filling = {
      bytes: new Uint8Array(length),
      filled: 0,
      done: (bytes) => {
        this.#skippedInARow = 0;
        this.#handler.onFrame(channel, bytes);
      },
    };
    return at;
  }

  #fill(filling: Filling, chunk: Uint8Array, at: number): number {
    const end = Math.min(chunk.length, at + filling.bytes.length - filling.filled);
    filling.bytes.set(chunk.subarray(at, end), filling.filled);
    filling.filled += end - at;
    if (filling.filled === filling.bytes.length) {
      this.#filling = undefined;
      filling.done(filling.bytes);
    }
    return end;
  }

  #readHead(reader: MessageHeadReader, chunk: Uint8Array, at: number): number {
    const end = reader.read(chunk, at);
    if (reader.isGarbage) {
      this.#head = undefined;
      this.#refuseOrSkip(chunk[at] ?? 0);
      this.#stub = reader.takeCarry() ?? EMPTY;
      return at;
    }
    if (reader.head !== undefined) {
      this.#head = undefined;
      this.#skippedInARow = 0;
      this.#finishHead(reader.head);
    }
    return end;
  }

  #finishHead(head: MessageHead): void {
    if (head.bodyBytes === 0) {
      this.#emit(head, EMPTY);
      return;
    }
    this.#filling = {
      bytes: new Uint8Array(head.bodyBytes),
      filled: 0,
      done: (body) => this.#emit(head, body),
    };
  }

  #emit({ start, headers }: MessageHead, body: Uint8Array): void {
    if (start.type === 'request') {
      const { method, url, version } = start;
      this.#handler.onRequest({ method, url, version, headers, body });
    } else {
      this.#handler.onResponse({ status: start.status, reason: start.reason, headers, body });
    }
  }

  /** Goes on with a frame header that was cut by the end of the last chunk, or with the search for one. */
  #resumeStub(chunk: Uint8Array): number {
    const stub = this.#stub;
    this.#stub = EMPTY;
    if (!this.#isLost) {
      const missing = INTERLEAVED_HEADER_BYTES - stub.length;
      const header = concat(stub, chunk.subarray(0, missing));
      if (header.length === INTERLEAVED_HEADER_BYTES) return this.#frame(header, 0, chunk, missing);
      this.#stub = header;
      return chunk.length;
    }
    this.push(concat(stub, chunk)); // rare: garbage that reaches over chunks
    return chunk.length;
  }

  #refuseOrSkip(first: number): void {
    if (this.#limits.garbageBytes === 0) {
      throw first === 0x16
        ? new ProtocolError(
            'ERR_RTSP_TLS_PEER',
            'the peer speaks TLS where plain RTSP was expected: use rtsps',
          )
        : new ProtocolError(
            'ERR_RTSP_GARBAGE',
            'bytes that are neither an RTSP message nor an interleaved frame',
          );
    }
    this.#isLost = true;
  }

  /** Looks for the next response or for a frame that holds an RTP or RTCP packet (version bits 10). */
  #resync(chunk: Uint8Array, at: number): number {
    let found = at + 1; // the byte at `at` was already found to begin nothing
    while (chunk.length - found >= SYNC_BYTES) {
      if (isSync(chunk, found)) {
        this.#isLost = false;
        this.#skip(found - at);
        return found;
      }
      found += 1;
    }
    this.#skip(found - 1 - at);
    this.#stub = chunk.slice(found - 1);
    return chunk.length;
  }

  #skip(bytes: number): void {
    this.#skippedBytes += bytes;
    this.#skippedInARow += bytes;
    if (this.#skippedInARow > this.#limits.garbageBytes) {
      throw new ProtocolError(
        'ERR_RTSP_GARBAGE',
        `${this.#skippedInARow} bytes in a row are neither an RTSP message nor an interleaved frame`,
      );
    }
  }
}

function isSync(chunk: Uint8Array, at: number): boolean {
  if (chunk[at] !== INTERLEAVED_MAGIC)
    return RESPONSE_PREFIX.every((byte, index) => chunk[at + index] === byte);
  const length = ((chunk[at + 2] ?? 0) << 8) | (chunk[at + 3] ?? 0);
  return (chunk[at + 1] ?? 0) < 32 && length >= 8 && (chunk[at + 4] ?? 0) >> 6 === 2;
}
