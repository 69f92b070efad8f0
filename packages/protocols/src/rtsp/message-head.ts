import { ProtocolError } from '@vedette/media';

import type { RtspLimits } from './limits.ts';
import { RtspHeaders } from './rtsp-headers.ts';

/** What the first line of a message says. */
export type StartLine =
  | { readonly type: 'request'; readonly method: string; readonly url: string; readonly version: string }
  | { readonly type: 'response'; readonly status: number; readonly reason: string };

export interface MessageHead {
  readonly start: StartLine;
  readonly headers: RtspHeaders;
  /** `Content-Length`, 0 when absent. */
  readonly bodyBytes: number;
}

/** The longest method name that is waited for; `GET_PARAMETER` has 13 letters. */
const MAX_TOKEN_LENGTH = 32;

/**
 * Whether `bytes`, the beginning of a line, may still become a start line. Decides after a few bytes, so that
 * binary garbage is not collected up to the next line feed.
 */
function mayBeStartLine(bytes: Uint8Array): boolean {
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at] ?? 0;
    if (at < MAX_TOKEN_LENGTH && (isLetter(byte) || (at > 0 && isDigitOrDash(byte)))) continue;
    return at > 0 && (byte === 0x20 || byte === 0x2f); // "DESCRIBE ", "RTSP/"
  }
  return true;
}

/**
 * Parses a request line (RFC 2326 §6.1) or status line (§7.1).
 *
 * Requests whose URL holds spaces are taken, as some NVRs never escape theirs; so are status lines without phrase.
 *
 * @returns `undefined` when the line is neither.
 * @throws {ProtocolError} `ERR_RTSP_HTTP_PEER`: it is an HTTP line.
 */
function parseStartLine(line: string): StartLine | undefined {
  const response = /^RTSP\/\d\.\d +(\d{3})(?: (.*))?$/i.exec(line);
  if (response !== null) {
    return { type: 'response', status: Number(response[1]), reason: (response[2] ?? '').trim() };
  }
  const request = /^([A-Za-z][\w-]{0,31}) +(\S(?:.*\S)?) +RTSP\/(\d\.\d) *$/i.exec(line);
  const [, method, url, version] = request ?? [];
  if (method !== undefined && url !== undefined && version !== undefined) {
    return { type: 'request', method: method.toUpperCase(), url, version };
  }
  if (/^HTTP\/\d|\bHTTP\/\d(?:\.\d)?$/.test(line)) {
    throw new ProtocolError(
      'ERR_RTSP_HTTP_PEER',
      'the peer speaks HTTP where RTSP was expected: check the port',
    );
  }
  return undefined;
}

function isLetter(byte: number): boolean {
  return (byte >= 0x41 && byte <= 0x5a) || (byte >= 0x61 && byte <= 0x7a);
}

function isDigitOrDash(byte: number): boolean {
  return (byte >= 0x30 && byte <= 0x39) || byte === 0x5f || byte === 0x2d;
}

/** Collects the lines of one message up to the empty one. Feed it bytes by `read` until `head` is set. */
export class MessageHeadReader {
  readonly #limits: RtspLimits;
  readonly #decoder = new TextDecoder();
  #start: StartLine | undefined;
  #headers = new RtspHeaders();
  #headerCount = 0;
  #headBytes = 0;
  #lastHeader: { readonly name: string; value: string } | undefined;
  /** The beginning of a line whose end is in a chunk to come. */
  #carry: Uint8Array | undefined;
  /** The finished head; ends the reading. */
  head: MessageHead | undefined;
  /** Set when the first line is no start line; `takeCarry` then gives back what `read` had kept. */
  isGarbage = false;

  constructor(limits: RtspLimits) {
    this.#limits = limits;
  }

  /**
   * Reads lines from `chunk` at `at`.
   *
   * @returns the offset behind the last byte used. On garbage nothing of this chunk counts as used.
   */
  read(chunk: Uint8Array, at: number): number {
    let offset = at;
    while (offset < chunk.length && this.head === undefined) {
      const end = chunk.indexOf(0x0a, offset); // LF alone ends a line too: old Foscam and many home-made clients
      if (end === -1) {
        this.#keep(chunk.subarray(offset));
        return this.isGarbage ? at : chunk.length;
      }
      const carry = this.#carry;
      const line =
        carry === undefined ? chunk.subarray(offset, end) : concat(carry, chunk.subarray(offset, end));
      this.#takeLine(line);
      if (this.isGarbage) return at;
      this.#carry = undefined;
      offset = end + 1;
    }
    return offset;
  }

  /** The bytes of the unfinished line, which the caller looks through for the next frame. */
  takeCarry(): Uint8Array | undefined {
    const carry = this.#carry;
    this.#carry = undefined;
    return carry;
  }

  #keep(rest: Uint8Array): void {
    const line = this.#carry === undefined ? rest : concat(this.#carry, rest);
    if (this.#start === undefined && !mayBeStartLine(line)) {
      this.isGarbage = true;
      return;
    }
    this.#checkLine(line.length);
    this.#carry = this.#carry === undefined ? rest.slice() : line;
  }

  #checkLine(bytes: number): void {
    const { lineBytes, headerBytes } = this.#limits;
    if (bytes > lineBytes + 1) {
      throw new ProtocolError('ERR_RTSP_LINE_TOO_LONG', `an RTSP line is longer than ${lineBytes} bytes`);
    }
    if (this.#headBytes + bytes > headerBytes) {
      throw new ProtocolError('ERR_RTSP_HEAD_TOO_LONG', `RTSP headers are longer than ${headerBytes} bytes`);
    }
  }

  #takeLine(bytes: Uint8Array): void {
    if (this.#start === undefined && !mayBeStartLine(bytes)) {
      this.isGarbage = true;
      return;
    }
    this.#checkLine(bytes.length);
    this.#headBytes += bytes.length + 1;
    const hasReturn = bytes[bytes.length - 1] === 0x0d;
    const line = this.#decoder.decode(hasReturn ? bytes.subarray(0, -1) : bytes);
    if (this.#start === undefined) {
      this.#start = parseStartLine(line);
      this.isGarbage = this.#start === undefined;
    } else if (line === '') this.#finish(this.#start);
    else this.#takeHeader(line);
  }

  #takeHeader(line: string): void {
    if (this.#lastHeader !== undefined && /^[ \t]/.test(line)) {
      this.#lastHeader.value += ` ${line.trim()}`; // folded header, RFC 2326 §4.2
      return;
    }
    this.#flushHeader();
    this.#headerCount += 1;
    if (this.#headerCount > this.#limits.headerCount) {
      throw new ProtocolError(
        'ERR_RTSP_TOO_MANY_HEADERS',
        `more than ${this.#limits.headerCount} headers in an RTSP message`,
      );
    }
    const colon = line.indexOf(':');
    const name = line.slice(0, Math.max(colon, 0)).trim();
    if (!/^[!#-'*+\-.^-z|~\w]+$/.test(name)) {
      throw new ProtocolError('ERR_RTSP_HEADER', 'an RTSP header line has no valid name before a colon');
    }
    this.#lastHeader = { name, value: line.slice(colon + 1).trim() };
  }

  #flushHeader(): void {
    if (this.#lastHeader === undefined) return;
    this.#headers.append(this.#lastHeader.name, this.#lastHeader.value);
    this.#lastHeader = undefined;
  }

  #finish(start: StartLine): void {
    this.#flushHeader();
    this.head = { start, headers: this.#headers, bodyBytes: this.#contentLength() };
  }

  #contentLength(): number {
    const values = new Set(this.#headers.getAll('Content-Length'));
    if (values.size === 0) return 0;
    const [value] = values;
    if (values.size > 1 || value === undefined || !/^\d{1,10}$/.test(value)) {
      throw new ProtocolError('ERR_RTSP_CONTENT_LENGTH', 'Content-Length is not one whole number');
    }
    const bytes = Number(value);
    if (bytes > this.#limits.bodyBytes) {
      throw new ProtocolError(
        'ERR_RTSP_BODY_TOO_LONG',
        `Content-Length is ${bytes}, more than the ${this.#limits.bodyBytes} bytes allowed`,
      );
    }
    return bytes;
  }
}

export function concat(first: Uint8Array, second: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(first.length + second.length);
  bytes.set(first);
  bytes.set(second, first.length);
  return bytes;
}
