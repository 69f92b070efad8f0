import type { RtpHeaderExtension } from './packet.ts';

/** One element of a header extension (RFC 8285 §4). */
export interface RtpExtensionElement {
  /** 1-14 in the one-byte form, 1-255 in the two-byte form; its meaning is in `a=extmap`. */
  readonly id: number;
  readonly data: Uint8Array;
}

/** RFC 8285 profile of extensions whose elements have a one-byte header. */
export const ONE_BYTE_EXTENSION_PROFILE = 0xbede;

/** `a=extmap` address of the playout-delay extension, which tells browsers how long to buffer. */
export const PLAYOUT_DELAY_URI = 'http://www.webrtc.org/experiments/rtp-hdrext/playout-delay';

/**
 * The elements of a header extension, as views. An extension of an unknown profile has none; an
 * element that runs over the end is left out, with all after it (RFC 8285 §4.2: extensions are
 * optional to understand, so a broken one never costs the packet).
 */
export function parseExtensionElements({ profile, data }: RtpHeaderExtension): RtpExtensionElement[] {
  if (profile === ONE_BYTE_EXTENSION_PROFILE) return parseElements(data, readOneByteHeader);
  if ((profile & 0xfff0) === 0x1000) return parseElements(data, readTwoByteHeader);
  return [];
}

/** Where an element's data is; `undefined` ends the list. */
interface ElementHeader {
  readonly id: number;
  readonly start: number;
  readonly length: number;
}

function parseElements(
  data: Uint8Array,
  readHeader: (data: Uint8Array, at: number) => ElementHeader | undefined,
): RtpExtensionElement[] {
  const elements: RtpExtensionElement[] = [];
  let at = 0;
  while (at < data.length) {
    if (data[at] === 0) {
      at += 1; // padding between elements
      continue;
    }
    const header = readHeader(data, at);
    if (header === undefined || header.start + header.length > data.length) break;
    at = header.start + header.length;
    elements.push({ id: header.id, data: data.subarray(header.start, at) });
  }
  return elements;
}

/** RFC 8285 §4.2: id 15 ends the list; id 0 with a length is no element that may be sent. */
function readOneByteHeader(data: Uint8Array, at: number): ElementHeader | undefined {
  const first = data[at] ?? 0;
  const id = first >> 4;
  return id === 15 || id === 0 ? undefined : { id, start: at + 1, length: (first & 0x0f) + 1 };
}

/** RFC 8285 §4.3. */
function readTwoByteHeader(data: Uint8Array, at: number): ElementHeader | undefined {
  const length = data[at + 1];
  return length === undefined ? undefined : { id: data[at] ?? 0, start: at + 2, length };
}

/**
 * Builds a header extension in the one-byte form.
 *
 * @throws {RangeError} An id outside 1-14, or data outside 1-16 bytes.
 */
export function serializeExtensionElements(elements: readonly RtpExtensionElement[]): RtpHeaderExtension {
  let length = 0;
  for (const { id, data } of elements) {
    if (id < 1 || id > 14 || data.length < 1 || data.length > 16) {
      throw new RangeError(`No one-byte extension element: id ${id}, ${data.length} bytes`);
    }
    length += 1 + data.length;
  }
  const bytes = new Uint8Array(Math.ceil(length / 4) * 4);
  let at = 0;
  for (const { id, data } of elements) {
    bytes[at] = (id << 4) | (data.length - 1);
    bytes.set(data, at + 1);
    at += 1 + data.length;
  }
  return { profile: ONE_BYTE_EXTENSION_PROFILE, data: bytes };
}

/**
 * Playout-delay element: the range, in milliseconds, a browser may choose its buffering from;
 * 0 to 0 shows each picture as soon as it is decoded. Steps of 10 ms, at most 40,950.
 */
export function playoutDelayElement(id: number, minMs: number, maxMs: number): RtpExtensionElement {
  const min = Math.min(0xfff, Math.round(minMs / 10));
  const max = Math.min(0xfff, Math.round(maxMs / 10));
  return { id, data: Uint8Array.of(min >> 4, ((min & 0x0f) << 4) | (max >> 8), max & 0xff) };
}
