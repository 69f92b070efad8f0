import { GrowingBlock, JPEG_LIMITS, JpegScanner, ProtocolError } from '@vedette/media';
import { bareBoundary } from './multipart-boundary.ts';

/** Limits on `multipart/x-mixed-replace`. */
export const MULTIPART_LIMITS = {
  /** Bytes of one line of a part's headers, or of what stands in their place. */
  lineBytes: 4096,
  /** Headers of one part. */
  headers: 64,
  /** Bytes of one part. */
  partBytes: JPEG_LIMITS.bytes,
  /** Bytes between parts that are neither delimiter nor header. */
  garbageBytes: 1024 * 1024,
} as const;

/** One part of a stream. */
export interface MultipartPart {
  /** By lower-case name. */
  readonly headers: ReadonlyMap<string, string>;
  /** A view that stays valid. */
  readonly body: Uint8Array;
}

const LF = 0x0a;
const CR = 0x0d;
const latin1 = new TextDecoder('latin1');

/** How the end of the body at hand is found. */
type Body =
  /** By its declared length. */
  | { readonly by: 'length'; readonly length: number }
  /** It is a JPEG, whose bytes say where it ends. */
  | { readonly by: 'jpeg' }
  /** By the delimiter behind it; `scanned` bytes hold none. */
  | { readonly by: 'delimiter'; scanned: number };

/**
 * Parses a body of `multipart/x-mixed-replace` as cameras send it: with delimiters that are not the declared
 * ones, lines that end in LF alone, lengths that are wrong or missing, no line end in front of a delimiter, or parts
 * without any header.
 *
 * A part comes out as soon as it is whole, which with the next delimiter would be a picture too late: by its declared
 * length as long as those have been right, and where a JPEG's own end says so.
 *
 * Spec: RFC 2046 §5.1.1.
 */
export class MultipartParser {
  readonly #onPart: (part: MultipartPart) => void;
  readonly #block = new GrowingBlock();
  readonly #scanner = new JpegScanner();
  /** Without dashes; what the stream uses, once that is known. */
  #boundary: string | undefined;
  #isBoundaryKnown = false;
  #headers = new Map<string, string>();
  #body: Body | undefined;
  #trustsLengths = true;
  #garbageBytes = 0;
  #broken = 0;

  /** @param boundary as declared; `undefined` where nothing is. */
  constructor(boundary: string | undefined, onPart: (part: MultipartPart) => void) {
    this.#boundary = boundary === undefined ? undefined : bareBoundary(boundary);
    this.#onPart = onPart;
  }

  /** Pictures so far that broke off. */
  get broken(): number {
    return this.#broken;
  }

  /**
   * Takes in the next bytes and calls back for every part that they complete.
   *
   * @throws {ProtocolError} `ERR_MULTIPART_…`, `ERR_JPEG_SIZE`: a limit is exceeded.
   */
  push(bytes: Uint8Array): void {
    this.#block.append(bytes);
    while (this.#body === undefined ? this.#readLine() : this.#readBody(this.#body));
  }

  /** Between bodies. @returns whether there may be more to do. */
  #readLine(): boolean {
    const { view } = this.#block;
    if (beginsJpeg(view)) return this.#beginBody(); // a part without an empty line, or without headers
    const end = view.indexOf(LF);
    if (end === -1 || end > MULTIPART_LIMITS.lineBytes) return this.#skipGarbage(view, end);
    const line = latin1.decode(view.subarray(0, view[end - 1] === CR ? end - 1 : end)).trim();
    this.#block.take(end + 1);
    if (line === '') {
      // Empty lines also stand around delimiters.
      return this.#headers.size === 0 ? true : this.#beginBody();
    }
    this.#takeLine(line, end + 1);
    return true;
  }

  #takeLine(line: string, byteLength: number): void {
    if (this.#isDelimiter(line)) {
      this.#headers = new Map();
      return;
    }
    const colon = line.indexOf(':');
    const name = line.slice(0, Math.max(colon, 0)).trim().toLowerCase();
    if (/^[\w-]+$/.test(name) && this.#headers.size < MULTIPART_LIMITS.headers) {
      this.#headers.set(name, line.slice(colon + 1).trim());
    } else {
      this.#countGarbage(byteLength);
    }
  }

  /** The declared delimiter; until one was seen, anything that looks like one. */
  #isDelimiter(line: string): boolean {
    const isDashed = line.startsWith('--');
    const bare = bareBoundary(line);
    const declared = this.#boundary;
    if (declared !== undefined && declared !== '' && (bare === declared || bare === `${declared}--`)) {
      this.#isBoundaryKnown = true;
      return true;
    }
    if (!isDashed) return false;
    if (!this.#isBoundaryKnown) this.#boundary = bare;
    return true;
  }

  /** A line without an end, or too long for one: what comes in its place is looked for. */
  #skipGarbage(view: Uint8Array, lineEnd: number): boolean {
    const isLine = lineEnd !== -1;
    if (!isLine && view.length <= MULTIPART_LIMITS.lineBytes) return false;
    const length = isLine ? lineEnd + 1 : view.length - 2;
    const jpegAt = findJpeg(view.subarray(0, length + 2));
    const skipped = jpegAt === -1 ? length : jpegAt;
    this.#block.take(skipped);
    this.#countGarbage(skipped);
    return true;
  }

  #countGarbage(bytes: number): void {
    this.#garbageBytes += bytes;
    if (this.#garbageBytes > MULTIPART_LIMITS.garbageBytes) {
      throw new ProtocolError(
        'ERR_MULTIPART_GARBAGE',
        `${this.#garbageBytes} bytes that are neither a picture nor its headers`,
      );
    }
  }

  #beginBody(): boolean {
    const length = this.#trustsLengths ? this.#declaredLength() : undefined;
    this.#scanner.reset();
    this.#body = length === undefined ? { by: 'delimiter', scanned: 0 } : { by: 'length', length };
    return true;
  }

  #declaredLength(): number | undefined {
    const value = this.#headers.get('content-length');
    // "Content-Length: 0" stands for "unknown" in some firmwares.
    if (value === undefined || !/^\d{1,10}$/.test(value) || Number(value) === 0) return undefined;
    const length = Number(value);
    if (length <= MULTIPART_LIMITS.partBytes) return length;
    throw new ProtocolError(
      'ERR_MULTIPART_PART_SIZE',
      `a part of ${length} bytes, at most ${MULTIPART_LIMITS.partBytes}`,
    );
  }

  #readBody(body: Body): boolean {
    const { view } = this.#block;
    switch (body.by) {
      case 'length':
        return this.#readLength(view, body.length);
      case 'jpeg':
        return this.#readJpeg(view);
      case 'delimiter':
        if (view.length < 3) return false;
        if (beginsJpeg(view)) this.#body = { by: 'jpeg' };
        else return this.#readToDelimiter(view, body);
        return true;
    }
  }

  #readLength(view: Uint8Array, length: number): boolean {
    if (view.length < length) return false;
    const isCutJpeg =
      length > 3 && beginsJpeg(view) && !(view[length - 2] === 0xff && view[length - 1] === 0xd9);
    if (isCutJpeg) {
      // The length is not that of the picture: from now on nothing is taken by length in this stream.
      this.#trustsLengths = false;
      this.#body = { by: 'jpeg' };
      return true;
    }
    this.#finish(length);
    return true;
  }

  #readJpeg(view: Uint8Array): boolean {
    const found = this.#scanner.scan(view);
    if (found.type === 'more') {
      this.#checkSize(view.length);
      return false;
    }
    if (found.type === 'complete') {
      this.#finish(found.length);
    } else {
      this.#broken += 1;
      this.#block.take(found.resumeAt);
      this.#countGarbage(found.resumeAt);
      this.#endBody();
    }
    return true;
  }

  /** What is no JPEG ends where a line begins with the delimiter. */
  #readToDelimiter(view: Uint8Array, body: { scanned: number }): boolean {
    const delimiter = this.#boundary ?? '';
    for (let at = view.indexOf(LF, body.scanned); at !== -1; at = view.indexOf(LF, at + 1)) {
      const next = view.subarray(at + 1, at + 1 + delimiter.length + 4);
      if (next.length < delimiter.length + 4) break;
      body.scanned = at + 1;
      if (!latin1.decode(next).startsWith(`--${delimiter}`)) continue;
      this.#finish(view[at - 1] === CR ? at - 1 : at);
      return true;
    }
    this.#checkSize(view.length);
    return false;
  }

  #finish(length: number): void {
    const part = { headers: this.#headers, body: this.#block.take(length) };
    this.#endBody();
    this.#garbageBytes = 0;
    this.#onPart(part);
  }

  #endBody(): void {
    this.#headers = new Map();
    this.#body = undefined;
  }

  #checkSize(length: number): void {
    if (length <= MULTIPART_LIMITS.partBytes) return;
    throw new ProtocolError(
      'ERR_MULTIPART_PART_SIZE',
      `a part of more than ${MULTIPART_LIMITS.partBytes} bytes`,
    );
  }
}

/** A start of image and the marker behind it. */
function beginsJpeg(bytes: Uint8Array): boolean {
  return bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff;
}

function findJpeg(bytes: Uint8Array): number {
  let at = bytes.indexOf(0xff);
  while (at !== -1 && !beginsJpeg(bytes.subarray(at, at + 3))) at = bytes.indexOf(0xff, at + 1);
  return at;
}
