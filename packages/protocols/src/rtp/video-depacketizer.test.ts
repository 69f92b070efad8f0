import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { NAL_LIMITS, ProtocolError } from '@vedette/media';
import { createDepacketizer } from './create-depacketizer.ts';
import type { Depacketizer, DepacketizedUnit } from './depacketizer.ts';
import type { RtpPacket } from './packet.ts';
import { IDR, outcome, P, PPS, run, SPS } from './testing/depacketized.ts';
import { testFormat, testPacket, testPackets } from './testing/fixtures.ts';

/** A slice that is not the first of its picture: `first_mb_in_slice` is not 0. */
const P_LATER = [0x41, 0x12, 3];

function without(packets: readonly RtpPacket[], ...missing: number[]): RtpPacket[] {
  return packets.filter((_, index) => !missing.includes(index));
}

describe('where a picture ends', () => {
  test('at the marker, at once', () => {
    const depacketizer = createDepacketizer(testFormat('h264'));
    const [first, second, third] = testPackets([
      [SPS, 9],
      [IDR, 9],
      [P_LATER, 9, true],
    ]);
    assert.ok(first && second && third);
    assert.deepEqual(depacketizer.push(first), []);
    assert.deepEqual(depacketizer.push(second), []);
    assert.deepEqual(outcome(depacketizer.push(third)), [{ timestamp: 9, data: [SPS, IDR, P_LATER] }]);
  });

  test('at the next timestamp, for cameras that never set the marker', () => {
    const packets = testPackets([
      [IDR, 9],
      [P_LATER, 9],
      [P, 10],
      [P, 11],
    ]);
    assert.deepEqual(run(packets), [
      { timestamp: 9, data: [IDR, P_LATER] },
      { timestamp: 10, data: [P] },
    ]);
  });

  test('at flush, for the last one of those', () => {
    const depacketizer = createDepacketizer(testFormat('h264'));
    run(testPackets([[P, 9]]), depacketizer);
    assert.deepEqual(outcome(depacketizer.flush()), [{ timestamp: 9, data: [P] }]);
    assert.deepEqual(depacketizer.flush(), []);
  });

  test('not at a marker on parameter sets, with or without a time of their own', () => {
    for (const timestamp of [8, 9]) {
      const packets = testPackets([
        [SPS, timestamp, true],
        [PPS, timestamp, true],
        [IDR, 9, true],
      ]);
      assert.deepEqual(run(packets), [{ timestamp: 9, data: [SPS, PPS, IDR] }]);
    }
  });

  test('not at a marker in the middle of a NAL unit', () => {
    const packets = testPackets([
      [[0x7c, 0x85, 0x88], 9, true],
      [[0x7c, 0x05, 1], 9, true],
      [[0x7c, 0x45, 2], 9, true],
    ]);
    assert.deepEqual(run(packets), [{ timestamp: 9, data: [[0x65, 0x88, 1, 2]] }]);
  });

  test('not at markers on every slice, once that is found out', () => {
    const slices = (timestamp: number) =>
      [
        [P, timestamp, true],
        [P_LATER, timestamp, true],
      ] as const;
    const depacketizer = createDepacketizer(testFormat('h264'));
    assert.deepEqual(
      run(testPackets([...slices(1), ...slices(2), ...slices(3), ...slices(4)]), depacketizer),
      [
        { timestamp: 1, data: [P] }, // could not be known yet
        { timestamp: 2, data: [P, P_LATER], followsLoss: true },
        { timestamp: 3, data: [P, P_LATER] },
      ],
    );
    assert.equal(depacketizer.damagedUnits, 1);
  });

  test('at the marker, where two pictures share a timestamp', () => {
    const packets = testPackets([
      [P, 9, true],
      [P, 9, true],
    ]);
    assert.deepEqual(run(packets), [
      { timestamp: 9, data: [P] },
      { timestamp: 9, data: [P] },
    ]);
  });

  test('at the next timestamp even inside of an FU-A whose end bit the camera forgets', () => {
    const packets = testPackets([
      [[0x7c, 0x85, 0x88], 9],
      [[0x7c, 0x05, 1], 9, true],
      [P, 10, true],
    ]);
    assert.deepEqual(run(packets), [
      { timestamp: 9, data: [[0x65, 0x88, 1]] },
      { timestamp: 10, data: [P] },
    ]);
  });

  test('empty payloads end nothing and cost nothing', () => {
    const packets = testPackets([
      [P, 9],
      [[], 9, true],
      [[], 12],
      [P_LATER, 9, true],
    ]);
    assert.deepEqual(run(packets), [{ timestamp: 9, data: [P, P_LATER] }]);
  });
});

describe('loss', () => {
  const FU_PICTURE = [
    [[0x7c, 0x81, 0x9a], 20],
    [[0x7c, 0x01, 1], 20],
    [[0x7c, 0x41, 2], 20, true],
  ] as const;
  const STREAM = testPackets([[P, 10, true], ...FU_PICTURE, [P, 30, true], [P, 40, true]]);
  const WHOLE = { timestamp: 20, data: [[0x61, 0x9a, 1, 2]] };

  for (const missing of [1, 2, 3]) {
    test(`of packet ${missing} of 3 costs that picture only`, () => {
      const depacketizer = createDepacketizer(testFormat('h264'));
      assert.deepEqual(run(without(STREAM, missing), depacketizer), [
        { timestamp: 10, data: [P] },
        { timestamp: 30, data: [P], followsLoss: true },
        { timestamp: 40, data: [P] },
      ]);
      assert.equal(depacketizer.damagedUnits, 1);
    });
  }

  test('of a whole picture costs that picture only', () => {
    const depacketizer = createDepacketizer(testFormat('h264'));
    assert.deepEqual(run(without(STREAM, 4), depacketizer), [
      { timestamp: 10, data: [P] },
      WHOLE,
      { timestamp: 40, data: [P], followsLoss: true },
    ]);
    assert.equal(depacketizer.damagedUnits, 0);
  });

  test('of the first slice is noticed by the second', () => {
    const packets = testPackets([
      [P, 10, true],
      [P, 20],
      [P_LATER, 20, true],
      [IDR, 30, true],
    ]);
    assert.deepEqual(run(without(packets, 1)), [
      { timestamp: 10, data: [P] },
      { timestamp: 30, data: [IDR], followsLoss: true },
    ]);
  });

  test('of the end of one picture and the start of the next costs both', () => {
    const packets = testPackets([
      [P, 10],
      [P_LATER, 10, true],
      [P, 20],
      [P_LATER, 20, true],
      [IDR, 30, true],
    ]);
    const depacketizer = createDepacketizer(testFormat('h264'));
    assert.deepEqual(run(without(packets, 1, 2), depacketizer), [
      { timestamp: 30, data: [IDR], followsLoss: true },
    ]);
    assert.equal(depacketizer.damagedUnits, 2);
  });

  test('a stream joined in the middle of a picture starts with the next one', () => {
    assert.deepEqual(run(STREAM.slice(2)), [
      { timestamp: 30, data: [P], followsLoss: true },
      { timestamp: 40, data: [P] },
    ]);
  });

  test('duplicates and late packets are left out', () => {
    const [a, b, c, d, ...rest] = STREAM;
    assert.ok(a && b && c && d);
    const units = run([a, b, b, a, c, d, d, ...rest]);
    assert.deepEqual(units, [
      { timestamp: 10, data: [P] },
      WHOLE,
      { timestamp: 30, data: [P] },
      { timestamp: 40, data: [P] },
    ]);
  });

  test('a sender that begins anew is followed, at the cost of a packet', () => {
    const before = testPackets([[P, 10, true]], 60_000);
    const after = testPackets(
      [
        [P, 20, true],
        [P, 30, true],
        [P, 40, true],
      ],
      40_000,
    );
    assert.deepEqual(run([...before, ...after]), [
      { timestamp: 10, data: [P] },
      { timestamp: 30, data: [P], followsLoss: true },
      { timestamp: 40, data: [P] },
    ]);
  });

  test('another SSRC is another sender', () => {
    const other = testPackets([[IDR, 500, true]], 7).map((packet) => ({ ...packet, ssrc: 2 }));
    assert.deepEqual(run([...testPackets([[P, 10, true]]), ...other]), [
      { timestamp: 10, data: [P] },
      { timestamp: 500, data: [IDR], followsLoss: true },
    ]);
  });

  test('a malformed packet costs its picture; the ones before and after come whole', () => {
    const depacketizer = createDepacketizer(testFormat('h264'));
    const packets = testPackets([
      [P, 10],
      [[0x7f, 0], 20],
      [P_LATER, 20, true],
      [P, 30, true],
    ]);
    const units: DepacketizedUnit[] = [];
    for (const packet of packets) {
      try {
        units.push(...depacketizer.push(packet));
      } catch (error) {
        assert.ok(error instanceof ProtocolError);
      }
    }
    assert.deepEqual(outcome(units), [
      { timestamp: 10, data: [P] },
      { timestamp: 30, data: [P], followsLoss: true },
    ]);
    assert.equal(depacketizer.damagedUnits, 1);
  });
});

describe('limits', () => {
  const big = new Uint8Array(60_000).fill(0xaa);

  /** Feeds pieces of one NAL unit until something is thrown; the number of pieces taken. */
  function feedUntilRefused(
    depacketizer: Depacketizer,
    payload: (index: number) => Uint8Array,
    code: string,
  ): number {
    for (let index = 0; ; index += 1) {
      try {
        depacketizer.push(
          testPacket({ sequenceNumber: index & 0xffff, timestamp: 9, payload: payload(index) }),
        );
      } catch (error) {
        assert.ok(error instanceof ProtocolError);
        assert.equal(error.code, code);
        return index;
      }
    }
  }

  test('a picture in endless fragments is refused at 8 MiB, and the next one taken', () => {
    const depacketizer = createDepacketizer(testFormat('h264'));
    const taken = feedUntilRefused(
      depacketizer,
      (index) => {
        big[0] = 0x7c;
        big[1] = index === 0 ? 0x85 : 0x05;
        return big;
      },
      'ERR_RTP_PICTURE_TOO_LARGE',
    );
    assert.equal(taken, Math.floor(NAL_LIMITS.pictureBytes / (big.length - 2)));
    const after = testPackets([[P, 10, true]], taken + 1);
    assert.deepEqual(run(after, depacketizer), [{ timestamp: 10, data: [P], followsLoss: true }]);
  });

  test('a picture of endless NAL units is refused', () => {
    const stap = Uint8Array.from([0x78, ...Array.from({ length: 400 }, () => [0, 1, 0x06]).flat()]);
    feedUntilRefused(createDepacketizer(testFormat('h264')), () => stap, 'ERR_NAL_COUNT');
  });

  test('a NAL unit in endless empty fragments is refused', () => {
    feedUntilRefused(
      createDepacketizer(testFormat('h264')),
      (index) => Uint8Array.of(0x7c, index === 0 ? 0x85 : 0x05),
      'ERR_RTP_FRAGMENTS',
    );
  });
});
