import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Identity } from '../identity.ts';

/** Who can be named in a path: whoever is known by an id alone. */
const KINDS = ['user', 'apiKey', 'streamToken', 'shareLink'] as const;
type SignedKind = (typeof KINDS)[number];

/** Who may view by a signed path, and until when the path is good. */
export interface SignedPath {
  readonly kind: SignedKind;
  readonly id: string;
  readonly expiresAtMs: number;
}

/** First character of a signed segment: no session key of HLS and no name of a quality begins so. */
export const PATH_SIGNATURE_MARK = '~';

const HOUR_MS = 3_600_000;
const LASTS_HOURS = 12;
const HEAD_BYTES = 1 + 4;
const ID_BYTES = 16;
/** Half of an HMAC-SHA-256 is what RFC 2104 §5 allows at least. */
const SIGNATURE_BYTES = 16;
const BYTES = HEAD_BYTES + ID_BYTES + SIGNATURE_BYTES;
const SEGMENT = /^~[\w-]{50}$/;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * Signs paths of HLS, so that a token shown once is in no address that players ask for, log or pass on, and caches may
 * keep what lies below the path: it is the same for everybody who shows the same token within the hour.
 *
 * How to use it: where the multivariant playlist is asked for with a credential and `?shared=1`, redirect (302, not to
 * be stored) to `/live/CAM/<sign(identity, CAM)>/index.m3u8`; below it everything is addressed relatively, so that the
 * segment is inherited and playlists do not name it. At each request below it `verify` the segment, find the identity
 * by kind and id, and ask `Rights.decide` whether it may still view: the signature says who was let in, not that he
 * still may, so that what is revoked ends there as it does everywhere. Where the two disagree, answer 403; a path
 * that is over (410, or 302 to the unsigned address) is asked for anew with the credential.
 */
export class PathSigner {
  readonly #key: Uint8Array;

  /** @param key `Secrets.key('hls-paths')`. */
  constructor(key: Uint8Array) {
    this.#key = key;
  }

  /**
   * The path segment by which this somebody views the camera: the same one for an hour, good for 12 to 13 hours.
   * `undefined` where he is nobody who can be found by an id: what an outside issuer said is not kept.
   */
  sign(identity: Identity, cameraId: string, nowMs: number): string | undefined {
    const kind = KINDS.findIndex((known) => known === identity.kind);
    if (kind < 0 || !('id' in identity) || !UUID.test(identity.id)) return undefined;
    const hours = Math.floor(nowMs / HOUR_MS) + 1 + LASTS_HOURS;
    const bytes = Buffer.alloc(BYTES);
    bytes.writeUInt8(kind, 0);
    bytes.writeUInt32BE(hours, 1);
    bytes.write(identity.id.replaceAll('-', ''), HEAD_BYTES, 'hex');
    this.#signature(bytes, cameraId).copy(bytes, HEAD_BYTES + ID_BYTES, 0, SIGNATURE_BYTES);
    return PATH_SIGNATURE_MARK + bytes.toString('base64url');
  }

  /** Who was given this segment for this camera; `undefined`: nobody, or it is over. */
  verify(segment: string, cameraId: string, nowMs: number): SignedPath | undefined {
    if (!SEGMENT.test(segment)) return undefined;
    const bytes = Buffer.from(segment.slice(1), 'base64url');
    // The last character of a segment holds spare bits: only one way of writing them is taken.
    if (bytes.length !== BYTES || PATH_SIGNATURE_MARK + bytes.toString('base64url') !== segment)
      return undefined;
    const expected = this.#signature(bytes, cameraId).subarray(0, SIGNATURE_BYTES);
    if (!timingSafeEqual(bytes.subarray(HEAD_BYTES + ID_BYTES), expected)) return undefined;
    const kind = KINDS[bytes.readUInt8(0)];
    const expiresAtMs = bytes.readUInt32BE(1) * HOUR_MS;
    if (kind === undefined || expiresAtMs <= nowMs) return undefined;
    return { kind, id: uuidOf(bytes.subarray(HEAD_BYTES, HEAD_BYTES + ID_BYTES)), expiresAtMs };
  }

  #signature(bytes: Uint8Array, cameraId: string): Buffer {
    return createHmac('sha256', this.#key)
      .update(bytes.subarray(0, HEAD_BYTES + ID_BYTES))
      .update(cameraId)
      .digest();
  }
}

function uuidOf(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes).toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
