import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ProtocolError } from '../errors.ts';

/** Longer inputs only cost time: what parsers get wrong shows in their first kilobytes. */
const MAX_INPUT_BYTES = 4096;
/** Bytes that sit at the edges of fields. */
const EDGES = [0x00, 0x01, 0x03, 0x7f, 0x80, 0xfe, 0xff];

/**
 * Registers a test that feeds `fn` generated inputs: mutations of `seeds`, and random bytes. `fn` may
 * return or throw a {@link ProtocolError}; everything else fails the test and prints the input.
 *
 * The inputs are the same in every run; `VEDETTE_FUZZ_SEED` (an integer) makes others.
 *
 * @param seeds valid inputs, and any that were trouble before; each is also tried as it is
 * @param runs generated inputs
 */
export function fuzz(
  name: string,
  seeds: readonly Uint8Array[],
  fn: (input: Uint8Array) => unknown,
  runs = 100_000,
): void {
  void test(`fuzz ${name}: ${runs} generated inputs and ${seeds.length} seeds parse or throw ProtocolError`, () => {
    const random = new Random(Number(process.env['VEDETTE_FUZZ_SEED'] ?? 1));
    for (const seed of seeds) attempt(name, seed.slice(), fn);
    for (let run = 0; run < runs; run++) attempt(name, generate(random, seeds), fn);
  });
}

/** Calls `fn` with one input; anything but a result or a {@link ProtocolError} fails and names the input. */
export function attempt(name: string, input: Uint8Array, fn: (input: Uint8Array) => unknown): void {
  try {
    fn(input);
  } catch (error) {
    if (error instanceof ProtocolError) return;
    const hex = Buffer.from(input).toString('hex');
    assert.fail(
      `${name} threw ${String(error)} on ${hex}\n${error instanceof Error ? (error.stack ?? '') : ''}`,
    );
  }
}

function generate(random: Random, seeds: readonly Uint8Array[]): Uint8Array {
  const seed = seeds[random.below(seeds.length)];
  if (seed === undefined || random.below(8) === 0) return randomBytes(random, random.below(128));
  let bytes: Uint8Array = seed.slice(0, MAX_INPUT_BYTES);
  const mutations = 1 + random.below(4);
  for (let i = 0; i < mutations; i++) bytes = mutate(random, bytes, seeds);
  return bytes;
}

function mutate(random: Random, bytes: Uint8Array, seeds: readonly Uint8Array[]): Uint8Array {
  const at = random.below(bytes.length);
  switch (random.below(7)) {
    case 0:
      return withByte(bytes, at, (byte) => byte ^ (1 << random.below(8)));
    case 1:
      return withByte(bytes, at, () => random.below(256));
    case 2:
      return withByte(bytes, at, () => EDGES[random.below(EDGES.length)] ?? 0);
    case 3:
      return bytes.slice(0, at);
    case 4:
      return splice(bytes, at, at, randomBytes(random, 1 + random.below(16)));
    case 5: // repeat or take out a run
      return splice(
        bytes,
        at,
        at + random.below(2) * random.below(32),
        bytes.slice(at, at + random.below(32)),
      );
    default: {
      const other = seeds[random.below(seeds.length)] ?? bytes;
      return splice(bytes, at, bytes.length, other.slice(random.below(other.length)));
    }
  }
}

function withByte(bytes: Uint8Array, at: number, change: (byte: number) => number): Uint8Array {
  const byte = bytes[at];
  if (byte !== undefined) bytes[at] = change(byte);
  return bytes;
}

function splice(bytes: Uint8Array, from: number, to: number, insert: Uint8Array): Uint8Array {
  const tail = bytes.subarray(Math.min(to, bytes.length));
  const out = new Uint8Array(from + insert.length + tail.length);
  out.set(bytes.subarray(0, from));
  out.set(insert, from);
  out.set(tail, from + insert.length);
  return out.length > MAX_INPUT_BYTES ? out.slice(0, MAX_INPUT_BYTES) : out;
}

function randomBytes(random: Random, length: number): Uint8Array {
  return Uint8Array.from({ length }, () => random.below(256));
}

/** Mulberry32: small, fast, and good enough to make rubbish. */
class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed | 0;
  }

  /** An integer from 0 to `limit` - 1; 0 where `limit` is 0. */
  below(limit: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * limit);
  }
}
