import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { ReorderBuffer } from './reorder-buffer.ts';
import type { ReorderOptions } from './reorder-buffer.ts';
import { testPacket } from './testing/fixtures.ts';

interface Step {
  /** Sequence number that arrives; none: time passes. */
  readonly push?: number;
  readonly ssrc?: number;
  readonly atMs: number;
  /** Sequence numbers that come out. */
  readonly want: readonly number[];
}

const COUNTERS = { received: 0, lost: 0, duplicated: 0, reordered: 0, late: 0 };

describe('ReorderBuffer', () => {
  for (const { name, options = {}, steps, counters } of [
    {
      name: 'in order: each comes out at once, across the wrap',
      steps: [
        { push: 65_534, atMs: 0, want: [65_534] },
        { push: 65_535, atMs: 1, want: [65_535] },
        { push: 0, atMs: 2, want: [0] },
      ],
      counters: { received: 3 },
    },
    {
      name: 'swapped: the later one waits',
      steps: [
        { push: 1, atMs: 0, want: [1] },
        { push: 3, atMs: 1, want: [] },
        { push: 4, atMs: 1, want: [] },
        { push: 2, atMs: 2, want: [2, 3, 4] },
      ],
      counters: { received: 4, reordered: 1 },
    },
    {
      name: 'lost: the others come when the first has waited long enough',
      steps: [
        { push: 1, atMs: 0, want: [1] },
        { push: 3, atMs: 10, want: [] },
        { push: 5, atMs: 50, want: [] },
        { atMs: 109, want: [] },
        { atMs: 110, want: [3] },
        { atMs: 150, want: [5] },
      ],
      counters: { received: 3, lost: 2 },
    },
    {
      name: 'a packet that comes when the wait is over ends it too',
      steps: [
        { push: 1, atMs: 0, want: [1] },
        { push: 3, atMs: 10, want: [] },
        { push: 4, atMs: 110, want: [3, 4] },
      ],
      counters: { received: 3, lost: 1 },
    },
    {
      name: 'late: given up, then came',
      steps: [
        { push: 1, atMs: 0, want: [1] },
        { push: 3, atMs: 0, want: [] },
        { atMs: 100, want: [3] },
        { push: 2, atMs: 101, want: [] },
        { push: 2, atMs: 102, want: [] },
        { push: 4, atMs: 103, want: [4] },
      ],
      counters: { received: 5, lost: 1, late: 1, duplicated: 1 },
    },
    {
      name: 'duplicates, of what went out and of what waits',
      steps: [
        { push: 1, atMs: 0, want: [1] },
        { push: 1, atMs: 0, want: [] },
        { push: 3, atMs: 0, want: [] },
        { push: 3, atMs: 0, want: [] },
        { push: 2, atMs: 0, want: [2, 3] },
      ],
      counters: { received: 5, duplicated: 2, reordered: 1 },
    },
    {
      name: 'two duplicates in a row are no new start',
      steps: [
        { push: 1, atMs: 0, want: [1] },
        { push: 2, atMs: 0, want: [2] },
        { push: 1, atMs: 0, want: [] },
        { push: 2, atMs: 0, want: [] },
        { push: 3, atMs: 0, want: [3] },
      ],
      counters: { received: 5, duplicated: 2 },
    },
    {
      name: 'a full window ends the wait',
      options: { maxPackets: 4 },
      steps: [
        { push: 1, atMs: 0, want: [1] },
        { push: 3, atMs: 0, want: [] },
        { push: 5, atMs: 0, want: [] },
        { push: 6, atMs: 0, want: [3] },
        { push: 12, atMs: 0, want: [5, 6] },
        { push: 9, atMs: 0, want: [9] },
      ],
      counters: { received: 6, lost: 4, reordered: 1 },
    },
    {
      name: 'another SSRC begins anew',
      steps: [
        { push: 1, atMs: 0, want: [1] },
        { push: 3, atMs: 0, want: [] },
        { push: 700, ssrc: 2, atMs: 0, want: [3, 700] },
        { push: 701, ssrc: 2, atMs: 0, want: [701] },
      ],
      counters: { received: 4, lost: 1 },
    },
    {
      name: 'a jump that no loss explains begins anew',
      steps: [
        { push: 1, atMs: 0, want: [1] },
        { push: 30_000, atMs: 0, want: [30_000] },
      ],
      counters: { received: 2 },
    },
    {
      name: 'a sender that begins anew at a lower number is followed at its second packet',
      steps: [
        { push: 9000, atMs: 0, want: [9000] },
        { push: 5, atMs: 0, want: [] },
        { push: 6, atMs: 0, want: [6] },
      ],
      counters: { received: 3, duplicated: 1 },
    },
  ] as readonly {
    name: string;
    options?: ReorderOptions;
    steps: Step[];
    counters: Partial<typeof COUNTERS>;
  }[]) {
    test(name, () => {
      const buffer = new ReorderBuffer(options);
      for (const { push, ssrc = 1, atMs, want } of steps) {
        const out =
          push === undefined
            ? buffer.poll(atMs)
            : buffer.push(testPacket({ sequenceNumber: push, ssrc }), atMs);
        assert.deepEqual(
          out.map((packet) => packet.sequenceNumber),
          want,
        );
      }
      assert.deepEqual(buffer.counters, { ...COUNTERS, ...counters });
    });
  }

  test('says when to poll, and what is missing', () => {
    const buffer = new ReorderBuffer({ maxDelayMs: 50 });
    assert.equal(buffer.deadlineMs, undefined);
    for (const [sequenceNumber, atMs] of [
      [65_533, 0],
      [65_535, 10],
      [2, 20],
    ] as const) {
      buffer.push(testPacket({ sequenceNumber }), atMs);
    }
    assert.equal(buffer.deadlineMs, 60);
    assert.deepEqual(buffer.missing(10), [65_534, 0, 1]);
    assert.deepEqual(buffer.missing(2), [65_534, 0]);
    assert.equal(buffer.poll(60).length, 1);
    assert.equal(buffer.deadlineMs, 70);
    assert.deepEqual(buffer.missing(10), [0, 1]);
    assert.equal(buffer.flush().length, 1);
    assert.equal(buffer.deadlineMs, undefined);
    assert.deepEqual(buffer.missing(10), []);
  });

  test('windows beyond its bounds are refused', () => {
    for (const maxPackets of [0, 2049, 1.5, Number.NaN]) {
      assert.throws(() => new ReorderBuffer({ maxPackets }), RangeError);
    }
  });

  test('whatever comes, numbers rise, none comes twice, and none is held beyond the window', () => {
    const arrivals = fc.array(fc.tuple(fc.integer({ min: -40, max: 60 }), fc.nat(30)), { maxLength: 300 });
    fc.assert(
      fc.property(arrivals, fc.constantFrom(1, 7, 16), (steps, maxPackets) => {
        const buffer = new ReorderBuffer({ maxPackets, maxDelayMs: 40 });
        const released: number[] = [];
        let base = 65_500;
        let nowMs = 0;
        for (const [offset, delayMs] of steps) {
          nowMs += delayMs;
          const packet = testPacket({ sequenceNumber: (base + offset) & 0xffff, timestamp: base + offset });
          base = Math.max(base, base + offset);
          for (const { timestamp } of [...buffer.poll(nowMs), ...buffer.push(packet, nowMs)])
            released.push(timestamp);
        }
        for (const { timestamp } of buffer.flush()) released.push(timestamp);
        assert.deepEqual(
          released,
          [...new Set(released)].sort((a, b) => a - b),
        );
        const { received, duplicated, late } = buffer.counters;
        assert.equal(released.length, received - duplicated - late);
      }),
    );
  });
});
