import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { FrameAssembler, ProtocolError, type AccessUnit } from '@vedette/media';
import fc from 'fast-check';
import { encodedVideo } from '../../../media/src/testing/ivf.ts';
import { createDepacketizer } from './create-depacketizer.ts';
import type { DepacketizedUnit } from './depacketizer.ts';
import { parseRtpPacket, type RtpPacket } from './packet.ts';
import { createPacketizer } from './packetizer.ts';
import { burstPackets, testFormat, testPackets, testTrack, testUnit } from './testing/fixtures.ts';
import { parseVp8Descriptor, parseVp9Descriptor } from './vpx-format.ts';

const CODECS = ['av1', 'vp9', 'vp8'] as const;
type FrameCodec = (typeof CODECS)[number];

function unitsOf(codec: FrameCodec): AccessUnit[] {
  const assembler = new FrameAssembler(codec, 0, 90_000);
  return encodedVideo(codec)
    .frames.map((frame, index) => assembler.push([frame], index * 3600))
    .filter((unit) => unit !== undefined);
}

function packetsOf(units: readonly AccessUnit[], maxPacketLength: number): RtpPacket[] {
  const [first] = units;
  assert.ok(first);
  const packetizer = createPacketizer(first.track, {
    payloadType: 96,
    ssrc: 7,
    firstSequenceNumber: 65_530,
    firstTimestamp: 0,
    maxPacketLength,
  });
  return units.flatMap((unit) =>
    burstPackets(packetizer.packetize(unit)).map((bytes) => {
      assert.ok(bytes.length <= maxPacketLength, `a packet of ${bytes.length} bytes`);
      return parseRtpPacket(bytes);
    }),
  );
}

const bytesOf = (data: readonly Uint8Array[]): string => Buffer.concat(data).toString('hex');

for (const codec of CODECS) {
  describe(codec, () => {
    test('what is packetized comes out again, whatever the size of packets', () => {
      const units = unitsOf(codec);
      for (const maxPacketLength of [80, 200, 1200, 1392, 60_000]) {
        const depacketizer = createDepacketizer(testFormat(codec));
        const out = packetsOf(units, maxPacketLength).flatMap((packet) => depacketizer.push(packet));
        assert.equal(out.length, units.length);
        out.forEach(({ data, timestamp, followsLoss }, index) => {
          assert.equal(bytesOf(data), bytesOf(units[index]?.data ?? []));
          assert.equal(timestamp, index * 3600);
          assert.equal(followsLoss, false);
        });
        assert.deepEqual(depacketizer.flush(), []);
      }
    });

    test('loss costs the frames it touches, and the next one says so', () => {
      const units = unitsOf(codec);
      const packets = packetsOf(units, 200);
      const whole = new Map(units.map((unit) => [unit.pts, bytesOf(unit.data)]));
      fc.assert(
        fc.property(fc.array(fc.nat(packets.length - 1), { minLength: 1, maxLength: 8 }), (lost) => {
          const depacketizer = createDepacketizer(testFormat(codec));
          const out: DepacketizedUnit[] = [];
          packets.forEach((packet, index) => {
            if (!lost.includes(index)) out.push(...depacketizer.push(packet));
          });
          const touched = new Set(lost.map((index) => packets[index]?.timestamp));
          assert.deepEqual(
            out.map(({ timestamp }) => timestamp),
            units.map(({ pts }) => pts).filter((pts) => !touched.has(pts)),
          );
          let lastTimestamp = -3600;
          for (const { timestamp, data, followsLoss } of out) {
            assert.equal(bytesOf(data), whole.get(timestamp));
            const isFirst = lastTimestamp < 0;
            if (!isFirst) assert.equal(followsLoss, timestamp - lastTimestamp > 3600);
            lastTimestamp = timestamp;
          }
        }),
        { numRuns: 200 },
      );
    });

    test('a frame without a marker ends where the time changes', () => {
      const units = unitsOf(codec).slice(0, 3);
      const depacketizer = createDepacketizer(testFormat(codec));
      const packets = packetsOf(units, 300).map((packet) => ({ ...packet, marker: false }));
      const out = [...packets.flatMap((packet) => depacketizer.push(packet)), ...depacketizer.flush()];
      assert.deepEqual(
        out.map(({ data }) => bytesOf(data)),
        units.map(({ data }) => bytesOf(data)),
      );
    });
  });
}

describe('descriptors', () => {
  for (const { name, hex, length, isStart } of [
    { name: 'the shortest', hex: '10 aa', length: 1, isStart: true },
    { name: 'of a later partition', hex: '11 aa', length: 1, isStart: false },
    { name: 'with a picture id of 7 bits', hex: '9080 11 aa', length: 3, isStart: true },
    { name: 'with all there is', hex: '90f0 8111 22 33 aa', length: 6, isStart: true },
  ]) {
    test(`VP8, ${name}`, () => {
      assert.deepEqual(parseVp8Descriptor(Buffer.from(hex.replaceAll(' ', ''), 'hex')), { length, isStart });
    });
  }
  for (const { name, hex, length, isStart } of [
    { name: 'the shortest', hex: '08 aa', length: 1, isStart: true },
    {
      name: 'of Chromium: picture id, layer, structure',
      hex: 'aa 8001 00 05 18 0140 00b4 01 14 01 aa',
      length: 13,
      isStart: true,
    },
    { name: 'flexible, with two references', hex: 'f8 8001 00 03 02 aa', length: 6, isStart: true },
    { name: 'of an upper spatial layer', hex: '28 02 00 aa', length: 3, isStart: false },
  ]) {
    test(`VP9, ${name}`, () => {
      assert.deepEqual(parseVp9Descriptor(Buffer.from(hex.replaceAll(' ', ''), 'hex')), { length, isStart });
    });
  }
  for (const [parse, hex, code] of [
    [parseVp8Descriptor, '90f081', 'ERR_RTP_VP8'],
    [parseVp9Descriptor, '0aff', 'ERR_RTP_VP9'],
  ] as const) {
    test(`${code}: a descriptor without a payload`, () => {
      assert.throws(
        () => parse(Buffer.from(hex, 'hex')),
        (error) => error instanceof ProtocolError && error.code === code,
      );
    });
  }
});

describe('AV1 payloads', () => {
  const depacketize = (rows: Parameters<typeof testPackets>[0]): string[] => {
    const depacketizer = createDepacketizer(testFormat('av1'));
    return testPackets(rows).flatMap((packet) =>
      depacketizer
        .push(packet)
        .map(({ data }) => data.map((obu) => Buffer.from(obu).toString('hex')).join(' ')),
    );
  };
  for (const { name, rows, want } of [
    {
      name: 'two elements by W, the last without a length',
      rows: [[[0x28, 3, 0x08, 1, 2, 0x30, 5, 6], 1, true]],
      want: ['0a020102 32020506'],
    },
    {
      name: 'elements that all have lengths',
      rows: [[[0x00, 2, 0x30, 1, 3, 0x20, 2, 3], 1, true]],
      want: ['320101 22020203'],
    },
    {
      name: 'an OBU over three packets',
      rows: [
        [[0x50, 0x30, 5], 1],
        [[0xd0, 7, 8], 1],
        [[0x90, 9], 1, true],
      ],
      want: ['320405070809'],
    },
    {
      name: 'an extension, and a size that should not be there',
      rows: [
        [[0x10, 0x34, 0x08, 5], 1, true],
        [[0x10, 0x32, 1, 5], 2, true],
      ],
      want: ['36080105', '320105'],
    },
  ] as const) {
    test(name, () => assert.deepEqual(depacketize(rows as never), want));
  }

  for (const { name, rows } of [
    {
      name: 'the rest of an OBU that never began',
      rows: [
        [[0x10, 0x30, 1], 1],
        [[0x90, 9], 1, true],
      ],
    },
    {
      name: 'an OBU that never ended',
      rows: [
        [[0x50, 0x30, 1], 1],
        [[0x10, 0x30, 9], 1, true],
      ],
    },
    {
      name: 'an element beyond the end',
      rows: [
        [[0x10, 0x30, 1], 1],
        [[0x00, 9, 0x30], 1, true],
      ],
    },
  ] as const) {
    test(`refuses ${name}, and takes the next frame`, () => {
      const depacketizer = createDepacketizer(testFormat('av1'));
      const [first, second] = testPackets(rows);
      assert.ok(first !== undefined && second !== undefined);
      depacketizer.push(first);
      assert.throws(
        () => depacketizer.push(second),
        (error) => error instanceof ProtocolError && error.code === 'ERR_RTP_AV1',
      );
      assert.equal(depacketizer.damagedUnits, 1);
      const [next] = testPackets([[[0x10, 0x30, 7], 2, true]], 102);
      assert.ok(next);
      assert.equal(depacketizer.push(next)[0]?.followsLoss, true);
    });
  }

  test('the first packet of a sequence says so', () => {
    const track = testTrack('av1');
    const packetizer = createPacketizer(track, {
      payloadType: 96,
      ssrc: 1,
      firstSequenceNumber: 0,
      firstTimestamp: 0,
      maxPacketLength: 1200,
    });
    const payloadsOf = (hex: string): string[] =>
      burstPackets(packetizer.packetize(testUnit(track, 0, [Buffer.from(hex, 'hex')]))).map((bytes) =>
        Buffer.from(parseRtpPacket(bytes).payload).toString('hex'),
      );
    assert.deepEqual(payloadsOf('12000a0201023201ff'), ['280308010230ff']);
    assert.deepEqual(payloadsOf('3201ff'), ['1030ff']);
  });
});
