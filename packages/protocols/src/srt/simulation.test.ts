import assert from 'node:assert/strict';
import { test } from 'node:test';
import { numbered, numberOf, Pair, type PairOptions, type Side } from './testing/pair.ts';

const SECOND_US = 1_000_000;

/** Sends a packet every `everyMs` for `seconds`, then waits until all is through. @returns how many were sent. */
function stream(
  pair: Pair,
  from: 'caller' | 'listener',
  seconds: number,
  { everyMs = 2, each = () => undefined }: { everyMs?: number; each?: () => void } = {},
): number {
  const sender = pair[from].connection;
  let count = 0;
  let step = 0;
  pair.run(seconds * SECOND_US, (nowUs) => {
    step += 1;
    if (step % everyMs === 0) {
      sender.write(numbered(count), from === 'caller' ? nowUs : pair.listenerUs);
      count += 1;
    }
    each();
  });
  pair.run(2 * SECOND_US, each);
  return count;
}

function assertComplete(side: Side, count: number): void {
  assert.deepEqual(
    side.received.map(numberOf),
    Array.from({ length: count }, (_, index) => index),
  );
  for (const [index, payload] of side.received.entries()) {
    assert.deepEqual(payload, numbered(index), `payload ${index} arrived unchanged`);
  }
}

const CASES: readonly { name: string; options: PairOptions }[] = [
  { name: 'a clean network', options: {} },
  {
    name: '5 % loss, 500 ms latency',
    options: { network: { delayUs: 20_000, loss: 0.05 }, latencyMs: 500 },
  },
  {
    name: 'reordering and doubling',
    options: { network: { delayUs: 10_000, jitterUs: 30_000, duplication: 0.1 }, latencyMs: 300 },
  },
  {
    name: 'everything at once, encrypted',
    options: {
      network: { delayUs: 30_000, jitterUs: 10_000, loss: 0.05, duplication: 0.05 },
      latencyMs: 600,
      passphrase: 'a long passphrase',
      keyLength: 32,
    },
  },
  {
    name: 'keys that are renewed again and again, with loss',
    options: {
      network: { delayUs: 20_000, loss: 0.05 },
      latencyMs: 500,
      passphrase: 'a long passphrase',
      refresh: { refreshPackets: 300, announcePackets: 100 },
    },
  },
];

for (const { name, options } of CASES) {
  for (const from of ['caller', 'listener'] as const) {
    test(`srt simulation: ${name}, ${from} sends: nothing is missing`, () => {
      const pair = new Pair(options);
      const count = stream(pair, from, 5);
      const receiver = from === 'caller' ? pair.listener : pair.caller;
      assertComplete(receiver, count);
      assert.equal(receiver.gaps, 0);
      assert.equal(receiver.connection.statistics.receiveDropped, 0);
      assert.equal(pair[from].connection.keptBytes, 0, 'everything was acknowledged');
      assert.equal(pair[from].connection.statistics.malformed, 0);
    });
  }
}

test('srt simulation: packets are handed on at their time, evenly, whatever the network did', () => {
  const pair = new Pair({ network: { delayUs: 10_000, jitterUs: 40_000, loss: 0.02 }, latencyMs: 300 });
  stream(pair, 'caller', 5);
  const gaps = pair.listener.receivedUs
    .slice(1)
    .map((us, index) => us - (pair.listener.receivedUs[index] ?? 0));
  assert.ok(Math.max(...gaps) <= 20_000, `the longest pause is ${Math.max(...gaps)} µs`);
});

test('srt simulation: a clock that runs at another rate is followed for ten minutes', () => {
  const pair = new Pair({ latencyMs: 120, driftPpm: 200 });
  const count = stream(pair, 'caller', 600, { everyMs: 10 });
  assertComplete(pair.listener, count);
  // 200 ppm make 120 ms in ten minutes: as much as the latency.
  const first = pair.listener.receivedUs[0] ?? 0;
  const last = pair.listener.receivedUs.at(-1) ?? 0;
  const elapsedUs = last - first;
  const sentUs = (count - 1) * 10_000 * (1 + 200e-6);
  assert.ok(Math.abs(elapsedUs - sentUs) < 25_000, `off by ${elapsedUs - sentUs} µs`);
});

test('srt simulation: at 60 % loss the memory of both sides stays bounded, and what comes is in order', () => {
  const pair = new Pair({ network: { delayUs: 50_000, loss: 0.6 }, latencyMs: 120 });
  let kept = 0;
  let buffered = 0;
  const count = stream(pair, 'caller', 20, {
    everyMs: 1,
    each: () => {
      kept = Math.max(kept, pair.caller.connection.keptBytes);
      buffered = Math.max(buffered, pair.listener.connection.bufferedBytes);
    },
  });
  // 10 Mbit/s for little more than a second, and for the latency.
  assert.ok(kept < 2.5e6, `the sender kept ${kept} bytes`);
  assert.ok(buffered < 1e6, `the receiver kept ${buffered} bytes`);
  const numbers = pair.listener.received.map(numberOf);
  assert.ok(numbers.length > count * 0.3 && numbers.length < count);
  assert.ok(numbers.every((number, index) => index === 0 || number > (numbers[index - 1] ?? 0)));
  const { statistics } = pair.listener.connection;
  assert.ok(statistics.receiveDropped > 0);
  assert.ok(pair.toListener.sentBytes < 15 * count * 1316, 'what is sent again stays within bounds');
});

test('srt simulation: a peer that vanishes is noticed, and nothing is kept for it', () => {
  const pair = new Pair({ network: { delayUs: 1000 } });
  stream(pair, 'caller', 1);
  const gone = new Pair({ network: { delayUs: 1000 } });
  let step = 0;
  for (let ms = 0; ms < 7000; ms += 1) {
    step += 1000;
    if (ms % 2 === 0) gone.caller.connection.write(numbered(ms), gone.nowUs + step);
    if (ms % 10 === 0) gone.caller.connection.tick(gone.nowUs + step);
  }
  assert.equal(gone.caller.end, 'silent');
  assert.ok(gone.caller.connection.keptBytes < 2.5e6);
});

test('srt simulation: quiet connections stay open by keep-alives, and end with a goodbye', () => {
  const pair = new Pair();
  pair.run(20 * SECOND_US);
  assert.equal(pair.caller.end, undefined);
  assert.equal(pair.listener.end, undefined);
  pair.caller.connection.close(pair.nowUs);
  pair.run(100_000);
  assert.equal(pair.listener.end, 'shutdown');
});

test('srt simulation: a goodbye hands on what still waited for its time', () => {
  const pair = new Pair({ latencyMs: 2000 });
  for (let number = 0; number < 10; number += 1) pair.caller.connection.write(numbered(number), pair.nowUs);
  pair.run(100_000);
  assert.equal(pair.listener.received.length, 0);
  pair.caller.connection.close(pair.nowUs);
  pair.run(100_000);
  assertComplete(pair.listener, 10);
});

test('srt simulation: sequence numbers and timestamps wrap without a break, with loss', () => {
  const pair = new Pair({
    network: { delayUs: 20_000, loss: 0.05 },
    latencyMs: 500,
    ageUs: 2 ** 32 - 3 * SECOND_US,
    initialSequence: 2 ** 31 - 1000,
  });
  assertComplete(pair.caller, stream(pair, 'listener', 6));
});
