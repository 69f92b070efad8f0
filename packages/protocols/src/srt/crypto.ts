/** AES with one key, in the direction of encryption, block by block (ECB): what a key stream is made of. */
export interface SrtBlockCipher {
  /** Encrypts whole blocks of 16 bytes; `blocks` is left untouched. */
  encrypt(blocks: Uint8Array): Uint8Array;
}

/** What SRT needs of cryptography: drawn from outside, so that the state machines stay pure. */
export interface SrtCrypto {
  randomBytes(length: number): Uint8Array;
  hmacSha256(key: Uint8Array, data: Uint8Array): Uint8Array;
  /** PBKDF2 with HMAC-SHA-1 (RFC 8018 §5.2). */
  pbkdf2(passphrase: string, salt: Uint8Array, iterations: number, length: number): Uint8Array;
  /** AES key wrap (RFC 3394 §2.2.1); `keys` is a multiple of 8 bytes. */
  wrapKey(wrappingKey: Uint8Array, keys: Uint8Array): Uint8Array;
  /** The keys, or `undefined` when the integrity check fails: the wrapping key is another one. */
  unwrapKey(wrappingKey: Uint8Array, wrapped: Uint8Array): Uint8Array | undefined;
  /** @param key 16, 24 or 32 bytes. */
  blockCipher(key: Uint8Array): SrtBlockCipher;
}
