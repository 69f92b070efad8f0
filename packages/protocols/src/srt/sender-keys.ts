import type { SrtCrypto } from './crypto.ts';
import {
  serializeKeyMaterial,
  wrapKeys,
  wrappingKey,
  type SrtKeyLength,
  type SrtKeys,
} from './key-material.ts';
import { KeyStream } from './key-stream.ts';
import { SRT_KEY_FLAGS } from './packet.ts';

export interface KeyRefresh {
  /** Packets that one key encrypts. */
  readonly refreshPackets: number;
  /** The next key is told this many packets before it is used. */
  readonly announcePackets: number;
}

/** As every implementation has it (draft-sharabayko-srt §6.1.6): 2^24 packets, told 2^12 before. */
const SRT_KEY_REFRESH: KeyRefresh = { refreshPackets: 2 ** 24, announcePackets: 2 ** 12 };

/**
 * The keys by which we encrypt what we send, and their renewal: the next key is announced to the peer while the
 * present one is still used, and used once the peer has said that it knows it.
 */
export class SenderKeys {
  readonly #crypto: SrtCrypto;
  readonly #passphrase: string;
  readonly #refresh: KeyRefresh;
  readonly #salt: Uint8Array;
  readonly #keyLength: SrtKeyLength;
  #wrapping: Uint8Array | undefined;
  #flags: number;
  #current: { readonly key: Uint8Array; readonly stream: KeyStream };
  #next: { readonly key: Uint8Array; readonly message: Uint8Array; isKnown: boolean } | undefined;
  #packets = 0;

  /** @param keys of the handshake: exactly one parity, or the even one is used. */
  constructor(crypto: SrtCrypto, passphrase: string, keys: SrtKeys, refresh: KeyRefresh = SRT_KEY_REFRESH) {
    const key = keys.even ?? keys.odd ?? new Uint8Array(16);
    this.#crypto = crypto;
    this.#passphrase = passphrase;
    this.#refresh = refresh;
    this.#salt = keys.salt;
    this.#keyLength = key.length as SrtKeyLength;
    this.#flags = keys.even === undefined ? SRT_KEY_FLAGS.odd : SRT_KEY_FLAGS.even;
    this.#current = { key, stream: this.#streamOf(key) };
  }

  /** KK of packets that are sent now. */
  get flags(): number {
    return this.#flags;
  }

  /** The announcement that the peer has not confirmed yet: to be sent, and sent again. */
  get announcement(): Uint8Array | undefined {
    return this.#next?.isKnown === false ? this.#next.message : undefined;
  }

  /** Encrypts the payload of a packet, new or sent again, in place. @returns KK for its header. */
  encrypt(packet: Uint8Array, offset: number, end: number, sequence: number): number {
    this.#current.stream.apply(packet, offset, end, sequence);
    return this.#flags;
  }

  /** Counts a new packet: announces the next key or changes to it when its time has come. */
  count(): void {
    this.#packets += 1;
    const { refreshPackets, announcePackets } = this.#refresh;
    if (this.#next === undefined && this.#packets >= refreshPackets - announcePackets) this.#announce();
    if (this.#next?.isKnown === true && this.#packets >= refreshPackets) {
      this.#current = { key: this.#next.key, stream: this.#streamOf(this.#next.key) };
      this.#flags ^= SRT_KEY_FLAGS.both;
      this.#next = undefined;
      this.#packets = 0;
    }
  }

  /** The peer's answer: it knows the key of `message` when it repeats it. */
  confirm(message: Uint8Array): void {
    const next = this.#next;
    if (next?.message.length !== message.length) return;
    if (next.message.every((byte, index) => byte === message[index])) next.isKnown = true;
  }

  #announce(): void {
    const key = this.#crypto.randomBytes(this.#keyLength);
    const isEven = this.#flags === SRT_KEY_FLAGS.even;
    const current = this.#current.key;
    const keys: SrtKeys = {
      salt: this.#salt,
      even: isEven ? current : key,
      odd: isEven ? key : current,
    };
    this.#wrapping ??= wrappingKey(this.#crypto, this.#passphrase, this.#salt, this.#keyLength);
    const message = serializeKeyMaterial(wrapKeys(this.#crypto, keys, this.#wrapping));
    this.#next = { key, message, isKnown: false };
  }

  #streamOf(key: Uint8Array): KeyStream {
    return new KeyStream(this.#crypto.blockCipher(key), this.#salt);
  }
}
