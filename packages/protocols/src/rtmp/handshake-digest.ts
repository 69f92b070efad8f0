import { createHmac, timingSafeEqual } from 'node:crypto';

/** Bytes of C1, S1, C2 and S2 (RTMP 1.0 §5.2). */
export const HANDSHAKE_BYTES = 1536;
const DIGEST_BYTES = 32;
const SIGNED_BYTES = HANDSHAKE_BYTES - DIGEST_BYTES;

/** Behind the names that both ends sign by, in every implementation since Flash Player 9. */
const SUFFIX = Buffer.from('f0eec24a8068bee82e00d0d1029e7e576eec5d2d29806fab93b8e636cfeb31ae', 'hex');
const PLAYER_NAME = 'Genuine Adobe Flash Player 001';
const SERVER_NAME = 'Genuine Adobe Flash Media Server 001';

/** One end of the connection, with the key that it signs by. */
export interface HandshakeParty {
  readonly name: Buffer;
  readonly key: Buffer;
}

export const PLAYER: HandshakeParty = party(PLAYER_NAME);
export const MEDIA_SERVER: HandshakeParty = party(SERVER_NAME);

/** Where the place of the digest is told: the two schemes that are in use. Four bytes that are summed up. */
const SCHEMES = [8, 772] as const;
const MAX_OFFSET = 728;

/** A digest that was found in C1 or S1. */
export interface HandshakeDigest {
  readonly scheme: number;
  readonly digest: Buffer;
}

/** The digest that `from` has put into its C1 or S1; `undefined` for one of the plain handshake. */
export function findDigest(bytes: Uint8Array, from: HandshakeParty): HandshakeDigest | undefined {
  for (const scheme of SCHEMES) {
    const at = digestPlace(bytes, scheme);
    const digest = Buffer.from(bytes.subarray(at, at + DIGEST_BYTES));
    if (timingSafeEqual(digest, digestOf(bytes, at, from))) return { scheme, digest };
  }
  return undefined;
}

/** Puts the digest of `from` into its C1 or S1, and answers it. */
export function putDigest(bytes: Uint8Array, scheme: number, from: HandshakeParty): Buffer {
  const at = digestPlace(bytes, scheme);
  const digest = digestOf(bytes, at, from);
  bytes.set(digest, at);
  return digest;
}

/** Signs a C2 or S2: proves to the other end that its digest was read. */
export function putSignature(bytes: Uint8Array, answered: Buffer, from: HandshakeParty): void {
  const key = createHmac('sha256', from.key).update(answered).digest();
  bytes.set(createHmac('sha256', key).update(bytes.subarray(0, SIGNED_BYTES)).digest(), SIGNED_BYTES);
}

function digestPlace(bytes: Uint8Array, scheme: number): number {
  let sum = 0;
  for (let i = 0; i < 4; i++) sum += bytes[scheme + i] ?? 0;
  return scheme + 4 + (sum % MAX_OFFSET);
}

/** HMAC-SHA256 of everything but the place of the digest itself. */
function digestOf(bytes: Uint8Array, at: number, { name }: HandshakeParty): Buffer {
  return createHmac('sha256', name)
    .update(bytes.subarray(0, at))
    .update(bytes.subarray(at + DIGEST_BYTES, HANDSHAKE_BYTES))
    .digest();
}

function party(name: string): HandshakeParty {
  return { name: Buffer.from(name), key: Buffer.concat([Buffer.from(name), SUFFIX]) };
}
