import { ProtocolError } from '@vedette/media';
import type { SrtCrypto } from './crypto.ts';
import { readUint32, SRT_KEY_FLAGS, writeUint32 } from './packet.ts';

export type SrtKeyLength = 16 | 24 | 32;

/** Keys of one direction as a message brings them: one or both parities, and the salt they share. */
export interface SrtKeys {
  readonly salt: Uint8Array;
  readonly even: Uint8Array | undefined;
  readonly odd: Uint8Array | undefined;
}

/** A key material message (draft-sharabayko-srt §3.2.2) as it stands on the wire, the keys still wrapped. */
export interface SrtKeyMaterial {
  readonly keyLength: SrtKeyLength;
  /** KK: which keys are wrapped, the even one first. */
  readonly flags: number;
  readonly salt: Uint8Array;
  readonly wrapped: Uint8Array;
}

const HEADER_LENGTH = 16;
const SALT_LENGTH = 16;
const NO_KEY = new Uint8Array(0);
/** S = 0, version 1, type 2 (key material). */
const VERSION_AND_TYPE = 0x12;
const SIGNATURE = 0x2029;
const CIPHER_AES_CTR = 2;
const STREAM_SRT = 2;
/** §6.1.4: 2048 rounds over the last 8 bytes of the salt. */
const ITERATIONS = 2048;

/** @throws {ProtocolError} `ERR_SRT_KEY_MATERIAL`: malformed, or not AES-CTR. */
export function parseKeyMaterial(bytes: Uint8Array): SrtKeyMaterial {
  if (bytes.length < HEADER_LENGTH + SALT_LENGTH + 24) throw bad(`it has ${bytes.length} bytes`);
  const head = readUint32(bytes, 0);
  if (head >>> 8 !== ((VERSION_AND_TYPE << 16) | SIGNATURE)) throw bad('it begins with something else');
  // Cipher and authentication; the two bytes behind them do not matter.
  if (readUint32(bytes, 8) >>> 16 !== CIPHER_AES_CTR << 8) throw bad('the cipher is not AES-CTR');
  const lengths = readUint32(bytes, 12) & 0xffff;
  const keyLength = 4 * (lengths & 0xff);
  if (lengths >>> 8 !== SALT_LENGTH / 4 || !isKeyLength(keyLength)) throw bad(`a key of ${keyLength} bytes`);
  const flags = head & 0b11;
  const keyCount = flags === SRT_KEY_FLAGS.both ? 2 : 1;
  const length = HEADER_LENGTH + SALT_LENGTH + 8 + keyCount * keyLength;
  if (flags === SRT_KEY_FLAGS.none || bytes.length !== length) {
    throw bad(`${bytes.length} bytes instead of ${length}`);
  }
  return {
    keyLength,
    flags,
    salt: bytes.slice(HEADER_LENGTH, HEADER_LENGTH + SALT_LENGTH),
    wrapped: bytes.slice(HEADER_LENGTH + SALT_LENGTH),
  };
}

export function serializeKeyMaterial({ keyLength, flags, salt, wrapped }: SrtKeyMaterial): Uint8Array {
  const bytes = new Uint8Array(HEADER_LENGTH + SALT_LENGTH + wrapped.length);
  writeUint32(bytes, 0, (VERSION_AND_TYPE << 24) | (SIGNATURE << 8) | flags);
  bytes[8] = CIPHER_AES_CTR;
  bytes[10] = STREAM_SRT;
  bytes[14] = SALT_LENGTH / 4;
  bytes[15] = keyLength / 4;
  bytes.set(salt, HEADER_LENGTH);
  bytes.set(wrapped, HEADER_LENGTH + SALT_LENGTH);
  return bytes;
}

/** The key that wraps keys, of the passphrase and the salt (§6.1.4). Costs about a millisecond. */
export function wrappingKey(
  crypto: SrtCrypto,
  passphrase: string,
  salt: Uint8Array,
  keyLength: SrtKeyLength,
): Uint8Array {
  return crypto.pbkdf2(passphrase, salt.subarray(SALT_LENGTH - 8), ITERATIONS, keyLength);
}

/** The keys of a message; `undefined`: they were wrapped by another passphrase. */
export function unwrapKeys(
  crypto: SrtCrypto,
  material: SrtKeyMaterial,
  wrapping: Uint8Array,
): SrtKeys | undefined {
  const keys = crypto.unwrapKey(wrapping, material.wrapped);
  if (keys === undefined) return undefined;
  const { salt, flags, keyLength } = material;
  const first = keys.slice(0, keyLength);
  switch (flags) {
    case SRT_KEY_FLAGS.both:
      return { salt, even: first, odd: keys.slice(keyLength) };
    case SRT_KEY_FLAGS.even:
      return { salt, even: first, odd: undefined };
    default:
      return { salt, even: undefined, odd: first };
  }
}

/** The message that brings `keys`. */
export function wrapKeys(crypto: SrtCrypto, keys: SrtKeys, wrapping: Uint8Array): SrtKeyMaterial {
  const { even = NO_KEY, odd = NO_KEY, salt } = keys;
  const plain = new Uint8Array(even.length + odd.length);
  plain.set(even);
  plain.set(odd, even.length);
  return {
    keyLength: Math.max(even.length, odd.length) as SrtKeyLength,
    flags: (even === NO_KEY ? 0 : SRT_KEY_FLAGS.even) | (odd === NO_KEY ? 0 : SRT_KEY_FLAGS.odd),
    salt,
    wrapped: crypto.wrapKey(wrapping, plain),
  };
}

/** Fresh salt and an even key. */
export function createKeys(crypto: SrtCrypto, keyLength: SrtKeyLength): SrtKeys {
  return { salt: crypto.randomBytes(SALT_LENGTH), even: crypto.randomBytes(keyLength), odd: undefined };
}

export function isKeyLength(length: number): length is SrtKeyLength {
  return length === 16 || length === 24 || length === 32;
}

function bad(what: string): ProtocolError {
  return new ProtocolError('ERR_SRT_KEY_MATERIAL', `the key message cannot be used: ${what}`);
}
