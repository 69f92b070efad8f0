import type { SrtBlockCipher } from './crypto.ts';
import { SRT_LIMITS } from './limits.ts';

/** Packets whose key stream is made in one go: their numbers follow each other, so it is known ahead. */
const BATCH = 16;
const BLOCK = 16;
const BLOCKS_PER_PACKET = Math.ceil(SRT_LIMITS.payloadBytes / BLOCK);
const BYTES_PER_PACKET = BLOCKS_PER_PACKET * BLOCK;
const MAX_BLOCKS = Math.ceil(SRT_LIMITS.datagramBytes / BLOCK);

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
  readonly #counters: Uint8Array;
  #stream: Uint8Array = new Uint8Array(0);
  /** First packet of the batch. */
  #first = Number.NEGATIVE_INFINITY;

  constructor(cipher: SrtBlockCipher, salt: Uint8Array) {
    this.#cipher = cipher;
    this.#salt = salt.slice(0, 14);
    this.#counters = this.#blankCounters(BATCH, BLOCKS_PER_PACKET);
  }

  /** Encrypts, or decrypts, `bytes` from `offset` to `end` in place: the payload of packet `sequence` (31 bits). */
  apply(bytes: Uint8Array, offset: number, end: number, sequence: number): void {
    if (end - offset > BYTES_PER_PACKET) {
      const counters = this.#blankCounters(1, MAX_BLOCKS);
      this.#setSequence(counters, 0, MAX_BLOCKS, sequence);
      xor(bytes, offset, end, this.#cipher.encrypt(counters), 0);
      return;
    }
    const isAhead = sequence >= this.#first && sequence < this.#first + BATCH;
    if (!isAhead) this.#makeBatch(sequence);
    xor(bytes, offset, end, this.#stream, (sequence - this.#first) * BYTES_PER_PACKET);
  }

  #makeBatch(sequence: number): void {
    // Packets that are sent again lie in an older batch: aligned, so that going back and forth stays rare.
    this.#first = sequence - (sequence % BATCH);
    for (let index = 0; index < BATCH; index += 1) {
      this.#setSequence(this.#counters, index * BYTES_PER_PACKET, BLOCKS_PER_PACKET, this.#first + index);
    }
    this.#stream = this.#cipher.encrypt(this.#counters);
  }

  #setSequence(counters: Uint8Array, start: number, blocks: number, sequence: number): void {
    const salt = this.#salt;
    const a = (salt[10] ?? 0) ^ ((sequence >>> 24) & 0xff);
    const b = (salt[11] ?? 0) ^ ((sequence >>> 16) & 0xff);
    const c = (salt[12] ?? 0) ^ ((sequence >>> 8) & 0xff);
    const d = (salt[13] ?? 0) ^ (sequence & 0xff);
    for (let block = 0, at = start + 10; block < blocks; block += 1, at += BLOCK) {
      counters[at] = a;
      counters[at + 1] = b;
      counters[at + 2] = c;
      counters[at + 3] = d;
    }
  }

  #blankCounters(packets: number, blocksPerPacket: number): Uint8Array {
    const counters = new Uint8Array(packets * blocksPerPacket * BLOCK);
    for (let block = 0; block < packets * blocksPerPacket; block += 1) {
      counters.set(this.#salt, block * BLOCK);
      const count = block % blocksPerPacket;
      counters[block * BLOCK + 14] = count >>> 8;
      counters[block * BLOCK + 15] = count & 0xff;
    }
    return counters;
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
