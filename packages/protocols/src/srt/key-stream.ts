import type { SrtBlockCipher } from './crypto.ts';
import { SRT_HEADER_LENGTH, SRT_LIMITS } from './limits.ts';

/** Packets whose key stream is made in one go: their numbers follow each other, so it is known ahead. */
const BATCH = 16;
const BLOCK = 16;
/** Packets this far behind the newest are single ones, sent again; farther ones mean that the numbers began anew. */
const SENT_AGAIN_WITHIN = 2 ** 16;
/** Of seven packets of MPEG-TS, which is what nearly everybody sends; and of the largest datagram. */
const USUAL_BLOCKS = Math.ceil(SRT_LIMITS.payloadBytes / BLOCK);
const MOST_BLOCKS = Math.ceil((SRT_LIMITS.datagramBytes - SRT_HEADER_LENGTH) / BLOCK);

/**
 * AES in counter mode as SRT has it: the counter's first 112 bits are the salt, xored with the packet's sequence
 * number, the last 16 count the blocks of the packet.
 *
 * Made of raw AES blocks for many packets at a time: a cipher object for each packet, which Node's API asks for,
 * costs ten times as much.
 *
 * Spec: draft-sharabayko-srt §6.2.2.
 */
export class KeyStream {
  readonly #cipher: SrtBlockCipher;
  readonly #salt: Uint8Array;
  /** Blocks made for each packet. */
  #blocks = USUAL_BLOCKS;
  #counters: Uint8Array;
  #single: Uint8Array;
  #stream: Uint8Array = new Uint8Array(0);
  /** First packet of the batch. */
  #first = Number.POSITIVE_INFINITY;

  constructor(cipher: SrtBlockCipher, salt: Uint8Array) {
    this.#cipher = cipher;
    this.#salt = salt.slice(0, 14);
    this.#counters = this.#blankCounters(BATCH);
    this.#single = this.#blankCounters(1);
  }

  /** Encrypts, or decrypts, `bytes` from `offset` to `end` in place: the payload of packet `sequence` (31 bits). */
  apply(bytes: Uint8Array, offset: number, end: number, sequence: number): void {
    if (end - offset > this.#blocks * BLOCK) this.#enlarge();
    const place = sequence - this.#first;
    if (place < 0 && place > -SENT_AGAIN_WITHIN) {
      // Sent again: on its own, the batch goes on to serve those that are new.
      setSequence(this.#single, 0, this.#single.length, this.#salt, sequence);
      xor(bytes, offset, end, this.#cipher.encrypt(this.#single), 0);
      return;
    }
    if (place < 0 || place >= BATCH) this.#makeBatch(sequence);
    xor(bytes, offset, end, this.#stream, (sequence - this.#first) * this.#blocks * BLOCK);
  }

  #enlarge(): void {
    this.#blocks = MOST_BLOCKS;
    this.#counters = this.#blankCounters(BATCH);
    this.#single = this.#blankCounters(1);
    this.#first = Number.POSITIVE_INFINITY;
  }

  #makeBatch(sequence: number): void {
    this.#first = sequence;
    const length = this.#blocks * BLOCK;
    for (let index = 0; index < BATCH; index += 1) {
      setSequence(this.#counters, index * length, (index + 1) * length, this.#salt, sequence + index);
    }
    this.#stream = this.#cipher.encrypt(this.#counters);
  }

  #blankCounters(packets: number): Uint8Array {
    const counters = new Uint8Array(packets * this.#blocks * BLOCK);
    for (let block = 0; block < packets * this.#blocks; block += 1) {
      counters.set(this.#salt, block * BLOCK);
      counters[block * BLOCK + 15] = block % this.#blocks;
    }
    return counters;
  }
}

/** Puts `sequence` into the counters from `start` to `end`. */
function setSequence(
  counters: Uint8Array,
  start: number,
  end: number,
  salt: Uint8Array,
  sequence: number,
): void {
  const a = (salt[10] ?? 0) ^ ((sequence >>> 24) & 0xff);
  const b = (salt[11] ?? 0) ^ ((sequence >>> 16) & 0xff);
  const c = (salt[12] ?? 0) ^ ((sequence >>> 8) & 0xff);
  const d = (salt[13] ?? 0) ^ (sequence & 0xff);
  for (let at = start + 10; at < end; at += BLOCK) {
    counters[at] = a;
    counters[at + 1] = b;
    counters[at + 2] = c;
    counters[at + 3] = d;
  }
}

function xor(bytes: Uint8Array, offset: number, end: number, stream: Uint8Array, streamOffset: number): void {
  const isAligned = ((bytes.byteOffset + offset) | (stream.byteOffset + streamOffset)) % 4 === 0;
  let index = offset;
  if (isAligned) {
    const words = (end - offset) >> 2;
    const target = new Uint32Array(bytes.buffer, bytes.byteOffset + offset, words);
    const source = new Uint32Array(stream.buffer, stream.byteOffset + streamOffset, words);
    for (let word = 0; word < words; word += 1) target[word] = (target[word] ?? 0) ^ (source[word] ?? 0);
    index += words * 4;
  }
  for (; index < end; index += 1) {
    bytes[index] = (bytes[index] ?? 0) ^ (stream[streamOffset + index - offset] ?? 0);
  }
}
