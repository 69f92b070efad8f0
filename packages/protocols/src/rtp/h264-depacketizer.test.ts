import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createDepacketizer } from './create-depacketizer.ts';
import { IDR, P, PPS, rejects, run, SPS } from './testing/depacketized.ts';
import { testFormat, testPackets } from './testing/fixtures.ts';

describe('H.264 payload structures', () => {
  for (const { name, payload, want } of [
    { name: 'single NAL unit', payload: IDR, want: [IDR] },
    { name: 'STAP-A', payload: [0x78, 0, 3, ...SPS, 0, 2, ...PPS, 0, 3, ...IDR], want: [SPS, PPS, IDR] },
    { name: 'STAP-A padded with zeros', payload: [0x78, 0, 3, ...IDR, 0, 0, 0], want: [IDR] },
    { name: 'STAP-B', payload: [0x79, 0, 7, 0, 3, ...IDR], want: [IDR] },
    { name: 'FU-A with start and end at once (CostarHD)', payload: [0x7c, 0xc5, 0x88, 1], want: [IDR] },
    { name: 'Annex B start code left in', payload: [0, 0, 0, 1, ...IDR], want: [IDR] },
    { name: 'short start code left in', payload: [0, 0, 1, ...IDR], want: [IDR] },
    {
      name: 'a whole Annex B picture as one NAL unit',
      payload: [...SPS, 0x80, 0, 0, 0, 1, ...PPS, 0, 0, 1, ...IDR],
      want: [[...SPS, 0x80], PPS, IDR],
    },
  ]) {
    test(name, () => {
      assert.deepEqual(run(testPackets([[payload, 9, true]])), [{ timestamp: 9, data: want }]);
    });
  }

  test('zeros are left out', () => {
    assert.deepEqual(
      run(
        testPackets([
          [[0, 0, 0, 0], 9],
          [P, 9, true],
        ]),
      ),
      [{ timestamp: 9, data: [P] }],
    );
  });

  test('FU-A and FU-B in pieces, header from indicator and FU header', () => {
    for (const start of [
      [0x7c, 0x85, 0x88, 1],
      [0x7d, 0x85, 0, 9, 0x88, 1],
    ]) {
      const packets = testPackets([
        [start, 9],
        [[0x7c, 0x05, 2, 3], 9],
        [[0x7c, 0x45, 4], 9, true],
      ]);
      assert.deepEqual(run(packets), [{ timestamp: 9, data: [[0x65, 0x88, 1, 2, 3, 4]] }]);
    }
  });

  for (const { name, payload, code } of [
    { name: 'a STAP-A that runs over its end', payload: [0x78, 0, 9, 0x65], code: 'ERR_H264_STAP' },
    { name: 'MTAP16', payload: [0x7a, 0, 0], code: 'ERR_H264_PAYLOAD_TYPE' },
    { name: 'reserved type 31', payload: [0x7f, 0, 0], code: 'ERR_H264_PAYLOAD_TYPE' },
    { name: 'an FU-A without FU header', payload: [0x7c], code: 'ERR_FU_TOO_SHORT' },
    { name: 'an FU-B without order number', payload: [0x7d, 0x85, 1], code: 'ERR_FU_TOO_SHORT' },
  ]) {
    test(`refused: ${name}`, () => rejects(createDepacketizer(testFormat('h264')), payload, code));
  }
});
