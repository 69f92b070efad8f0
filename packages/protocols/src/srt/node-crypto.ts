import { createCipheriv, createDecipheriv, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';
import type { SrtCrypto } from './crypto.ts';

/** RFC 3394 §2.2.3.1. */
const WRAP_IV = new Uint8Array(8).fill(0xa6);

const bitsOf = (key: Uint8Array): number => key.length * 8;

/** SRT's cryptography by Node's OpenSSL. */
export const nodeSrtCrypto: SrtCrypto = {
  randomBytes: (length) => randomBytes(length),
  hmacSha256: (key, data) => createHmac('sha256', key).update(data).digest(),
  pbkdf2: (passphrase, salt, iterations, length) => pbkdf2Sync(passphrase, salt, iterations, length, 'sha1'),
  wrapKey: (wrappingKey, keys) => {
    const cipher = createCipheriv(`id-aes${bitsOf(wrappingKey)}-wrap`, wrappingKey, WRAP_IV);
    return Buffer.concat([cipher.update(keys), cipher.final()]);
  },
  unwrapKey: (wrappingKey, wrapped) => {
    const decipher = createDecipheriv(`id-aes${bitsOf(wrappingKey)}-wrap`, wrappingKey, WRAP_IV);
    try {
      return Buffer.concat([decipher.update(wrapped), decipher.final()]);
    } catch {
      return undefined; // OpenSSL says no more than that either
    }
  },
  blockCipher: (key) => {
    const cipher = createCipheriv(`aes-${bitsOf(key)}-ecb`, key, null).setAutoPadding(false);
    return { encrypt: (blocks) => cipher.update(blocks) };
  },
};
