import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createDepacketizer } from './create-depacketizer.ts';
import { rejects, run } from './testing/depacketized.ts';
import { testFormat, testPackets } from './testing/fixtures.ts';

describe('H.265 payload structures', () => {
  const IDR_265 = [0x26, 0x01, 0x80, 1];
  const VPS_265 = [0x40, 0x01, 0x0c];

  for (const { name, fmtp, payloads, want } of [
    { name: 'single NAL unit', fmtp: '', payloads: [IDR_265], want: [IDR_265] },
    {
      name: 'aggregation packet',
      fmtp: '',
      payloads: [[0x60, 0x01, 0, 3, ...VPS_265, 0, 4, ...IDR_265]],
      want: [VPS_265, IDR_265],
    },
    {
      name: 'fragmentation units',
      fmtp: '',
      payloads: [
        [0x62, 0x01, 0x93, 0x80],
        [0x62, 0x01, 0x13, 1],
        [0x62, 0x01, 0x53, 2],
      ],
      want: [[0x26, 0x01, 0x80, 1, 2]],
    },
    {
      name: 'start and end in one fragment',
      fmtp: '',
      payloads: [[0x62, 0x01, 0xd3, 0x80, 1]],
      want: [IDR_265],
    },
    { name: 'Annex B start code left in', fmtp: '', payloads: [[0, 0, 0, 1, ...IDR_265]], want: [IDR_265] },
    {
      name: 'single NAL unit with DONL',
      fmtp: 'sprop-max-don-diff=2',
      payloads: [[0x26, 0x01, 0, 7, 0x80, 1]],
      want: [IDR_265],
    },
    {
      name: 'aggregation packet with DONL and DOND',
      fmtp: 'sprop-max-don-diff=2',
      payloads: [[0x60, 0x01, 0, 7, 0, 3, ...VPS_265, 0, 0, 4, ...IDR_265]],
      want: [VPS_265, IDR_265],
    },
    {
      name: 'fragmentation units with DONL in the first',
      fmtp: 'sprop-max-don-diff=2',
      payloads: [
        [0x62, 0x01, 0x93, 0, 7, 0x80],
        [0x62, 0x01, 0x53, 1],
      ],
      want: [IDR_265],
    },
  ]) {
    test(name, () => {
      const rows = payloads.map((payload, index) => [payload, 9, index === payloads.length - 1] as const);
      const units = run(testPackets(rows), createDepacketizer(testFormat('h265', fmtp)));
      assert.deepEqual(units, [{ timestamp: 9, data: want }]);
    });
  }

  test('half NAL headers are left out', () => {
    const packets = testPackets([
      [[0x26], 9],
      [[0x26, 1, 0x80], 9, true],
    ]);
    const units = run(packets, createDepacketizer(testFormat('h265')));
    assert.deepEqual(units, [{ timestamp: 9, data: [[0x26, 1, 0x80]] }]);
  });

  for (const { name, payload, code } of [
    { name: 'an aggregate that runs over its end', payload: [0x60, 1, 0, 9, 0x26], code: 'ERR_H265_AP' },
    { name: 'PACI', payload: [0x64, 1, 0, 0], code: 'ERR_H265_PAYLOAD_TYPE' },
    { name: 'a fragment without FU header', payload: [0x62, 1], code: 'ERR_H265_PAYLOAD_TOO_SHORT' },
  ]) {
    test(`refused: ${name}`, () => rejects(createDepacketizer(testFormat('h265')), payload, code));
  }
});
