import type { SrtCrypto } from './crypto.ts';
import { parseKeyMaterial, unwrapKeys, wrappingKey, type SrtKeys } from './key-material.ts';
import { KeyStream } from './key-stream.ts';
import { SRT_KEY_FLAGS } from './packet.ts';

const sameBytes = (one: Uint8Array, other: Uint8Array): boolean =>
  one.length === other.length && one.every((byte, index) => byte === other[index]);

/** The keys by which a peer encrypts what it sends: given in the handshake, renewed by its key messages. */
export class ReceiverKeys {
  readonly #crypto: SrtCrypto;
  readonly #passphrase: string;
  #even: KeyStream | undefined;
  #odd: KeyStream | undefined;
  /** Deriving a wrapping key costs a millisecond: kept, the salt hardly ever changes. */
  #wrapping: { readonly salt: Uint8Array; readonly key: Uint8Array } | undefined;
  #lastMessage: Uint8Array | undefined;

  constructor(crypto: SrtCrypto, passphrase: string) {
    this.#crypto = crypto;
    this.#passphrase = passphrase;
  }

  /**
   * Takes a key message.
   *
   * @returns the keys; `undefined`: they were wrapped by another passphrase.
   * @throws {ProtocolError} `ERR_SRT_KEY_MATERIAL`.
   */
  take(message: Uint8Array): SrtKeys | undefined {
    const material = parseKeyMaterial(message);
    const { salt, keyLength } = material;
    let wrapping = this.#wrapping;
    if (wrapping?.key.length !== keyLength || !sameBytes(wrapping.salt, salt)) {
      wrapping = { salt, key: wrappingKey(this.#crypto, this.#passphrase, salt, keyLength) };
    }
    const keys = unwrapKeys(this.#crypto, material, wrapping.key);
    if (keys === undefined) return undefined;
    this.#wrapping = wrapping;
    this.install(keys);
    return keys;
  }

  /** Whether `message` is the one taken last: then only the answer was lost. */
  isRepeated(message: Uint8Array): boolean {
    if (this.#lastMessage !== undefined && sameBytes(this.#lastMessage, message)) return true;
    this.#lastMessage = message.slice();
    return false;
  }

  /** Uses `keys` from now on, beside the one of the other parity that is there. */
  install({ even, odd, salt }: SrtKeys): void {
    if (even !== undefined) this.#even = new KeyStream(this.#crypto.blockCipher(even), salt);
    if (odd !== undefined) this.#odd = new KeyStream(this.#crypto.blockCipher(odd), salt);
  }

  /** The stream for a packet's KK; `undefined`: its key is not known (yet). */
  streamFor(flags: number): KeyStream | undefined {
    if (flags === SRT_KEY_FLAGS.even) return this.#even;
    return flags === SRT_KEY_FLAGS.odd ? this.#odd : undefined;
  }
}
