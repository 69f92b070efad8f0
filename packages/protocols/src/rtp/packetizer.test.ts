import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ProtocolError } from '@vedette/media';
import type { Codec } from '@vedette/media';
import fc from 'fast-check';
import { INTERLEAVED_PREFIX_LENGTH, RTSP_MAX_PACKET_LENGTH } from './burst.ts';
import { serializeExtensionElements, playoutDelayElement } from './header-extension.ts';
import { parseRtpPacket } from './packet.ts';
import { createPacketizer, rtspPayloadType } from './packetizer.ts';
import type { PacketizerOptions, RtpPacketizer } from './packetizer.ts';
import { burstPackets, testTrack, testUnit } from './testing/fixtures.ts';

function packetizer(codec: Codec, options: Partial<PacketizerOptions> = {}): RtpPacketizer {
  return createPacketizer(testTrack(codec), {
    payloadType: 96,
    ssrc: 0xdead_beef,
    firstSequenceNumber: 65_534,
    firstTimestamp: 0xffff_ff00,
    maxPacketLength: 112, // 100 bytes of payload
    ...options,
  });
}

/** Payloads and marker bits, short. */
function payloads(
  codec: Codec,
  data: readonly Uint8Array[],
  options?: Partial<PacketizerOptions>,
): (readonly [number[], boolean])[] {
  const burst = packetizer(codec, options).packetize(testUnit(testTrack(codec), 0, data));
  return burstPackets(burst).map((bytes) => {
    const { payload, marker } = parseRtpPacket(bytes);
    return [[...payload], marker] as const;
  });
}

function nal(header: readonly number[], length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => header[index] ?? index & 0xff);
}

describe('H.264', () => {
  const sps = Uint8Array.of(0x67, 1, 2);
  const pps = Uint8Array.of(0x68, 3);

  test('a small NAL unit goes alone, with the marker', () => {
    assert.deepEqual(payloads('h264', [Uint8Array.of(0x41, 0x9a, 1)]), [[[0x41, 0x9a, 1], true]]);
  });

  test('small NAL units share a STAP-A with the highest NRI', () => {
    const sei = Uint8Array.of(0x06, 9);
    assert.deepEqual(payloads('h264', [sei, sps, pps]), [
      [[0x78, 0, 2, 0x06, 9, 0, 3, 0x67, 1, 2, 0, 2, 0x68, 3], true],
    ]);
  });

  test('a large NAL unit is cut into FU-A without its header byte', () => {
    const idr = nal([0x65, 0x88], 210);
    const packets = payloads('h264', [sps, pps, idr]);
    assert.deepEqual(
      packets.map(([bytes, marker]) => [bytes.slice(0, 2), bytes.length, marker]),
      [
        [[0x78, 0], 10, false],
        [[0x7c, 0x85], 100, false],
        [[0x7c, 0x05], 100, false],
        [[0x7c, 0x45], 15, true],
      ],
    );
    assert.deepEqual(
      packets.slice(1).flatMap(([bytes]) => bytes.slice(2)),
      [...idr.subarray(1)],
    );
  });

  for (const [length, sizes] of [
    [100, [100]],
    [101, [100, 4]],
    [197, [100, 100]],
    [198, [100, 100, 3]],
  ] as const) {
    test(`a NAL unit of ${length} bytes fills packets of ${sizes.join(', ')}`, () => {
      assert.deepEqual(
        payloads('h264', [nal([0x41], length)]).map(([bytes]) => bytes.length),
        sizes,
      );
    });
  }

  test('an aggregate never exceeds the packet', () => {
    const packets = payloads('h264', [nal([0x67], 47), nal([0x68], 48), nal([0x06], 5)]);
    assert.deepEqual(
      packets.map(([bytes]) => bytes.length),
      [100, 5],
    );
  });

  test('empty NAL units are left out; a unit without any has no packets', () => {
    assert.deepEqual(payloads('h264', [Uint8Array.of(), sps, Uint8Array.of()]), [[[...sps], true]]);
    const burst = packetizer('h264').packetize(testUnit(testTrack('h264'), 0, []));
    assert.deepEqual([burst.bytes.length, burst.offsets], [0, [0]]);
  });
});

describe('H.265', () => {
  test('small NAL units share an aggregation packet with the lowest layer and temporal id', () => {
    const vps = Uint8Array.of(0x40, 0x01, 7);
    const sei = Uint8Array.of(0x4e, 0x0b, 8);
    assert.deepEqual(payloads('h265', [vps, sei]), [
      [[0x60, 0x01, 0, 3, 0x40, 0x01, 7, 0, 3, 0x4e, 0x0b, 8], true],
    ]);
  });

  test('a large NAL unit is cut, its type in the FU header', () => {
    const idr = nal([0x26, 0x01], 150);
    const packets = payloads('h265', [idr]);
    assert.deepEqual(
      packets.map(([bytes, marker]) => [bytes.slice(0, 3), bytes.length, marker]),
      [
        [[0x62, 0x01, 0x93], 100, false],
        [[0x62, 0x01, 0x53], 54, true],
      ],
    );
    assert.deepEqual(
      packets.flatMap(([bytes]) => bytes.slice(3)),
      [...idr.subarray(2)],
    );
  });
});

describe('audio', () => {
  test('AAC: one frame behind one AU header, with the marker', () => {
    assert.deepEqual(payloads('aac', [Uint8Array.of(1, 2, 3)]), [[[0, 16, 0, 24, 1, 2, 3], true]]);
  });

  test('AAC: a large frame is cut, each piece with the size of the whole', () => {
    assert.deepEqual(
      payloads('aac', [nal([], 150)]).map(([bytes, marker]) => [bytes.slice(0, 4), bytes.length, marker]),
      [
        [[0, 16, 0x04, 0xb0], 100, false],
        [[0, 16, 0x04, 0xb0], 58, true],
      ],
    );
  });

  test('AAC: a frame beyond 13 bits of size is refused', () => {
    assert.throws(
      () => payloads('aac', [nal([], 8192)]),
      (error) => error instanceof ProtocolError && error.code === 'ERR_AAC_FRAME_TOO_LARGE',
    );
  });

  test('Opus: a packet is never cut, and has no marker', () => {
    assert.deepEqual(payloads('opus', [nal([], 150)]), [[[...nal([], 150)], false]]);
  });

  test('G.711: a long run is cut, times count on', () => {
    const track = testTrack('pcmu', { channels: 2 });
    const stereo = createPacketizer(track, {
      payloadType: 97,
      ssrc: 1,
      firstSequenceNumber: 0,
      firstTimestamp: 1000,
      maxPacketLength: 12 + 101,
    });
    const packets = burstPackets(stereo.packetize(testUnit(track, 8, [nal([], 250)]))).map(parseRtpPacket);
    assert.deepEqual(
      packets.map(({ timestamp, payload, marker }) => [timestamp, payload.length, marker]),
      [
        [1008, 100, false],
        [1058, 100, false],
        [1108, 50, false],
      ],
    );
  });
});

describe('a burst', () => {
  const idr = nal([0x65], 250);
  const unit = testUnit(testTrack('h264'), 3600, [idr]);

  test('is interleaved frames back to back, whose packets are the plain ones', () => {
    const plain = packetizer('h264').packetize(unit);
    const framed = packetizer('h264', { interleavedChannel: 6 }).packetize(unit);
    const expected = burstPackets(plain).flatMap((bytes) => [
      0x24,
      6,
      bytes.length >> 8,
      bytes.length & 0xff,
      ...bytes,
    ]);
    assert.deepEqual([...framed.bytes], expected);
    assert.deepEqual(burstPackets(framed), burstPackets(plain));
    assert.equal(framed.prefixLength, INTERLEAVED_PREFIX_LENGTH);
    assert.equal(framed.payloadLength, plain.payloadLength);
  });

  test('numbers packets and counts payload across a wrap', () => {
    const sender = packetizer('h264');
    const first = sender.packetize(unit);
    assert.deepEqual(
      burstPackets(first).map((bytes) => parseRtpPacket(bytes).sequenceNumber),
      [65_534, 65_535, 0],
    );
    assert.equal(first.firstSequenceNumber, 65_534);
    assert.equal(sender.nextSequenceNumber, 1);
    assert.equal(sender.packetize(unit).firstSequenceNumber, 1);
    assert.equal(first.payloadLength, 249 + 3 * 2);
  });

  test('has the timestamp of its PTS, in RTP clock, wrapped', () => {
    const sender = packetizer('h264');
    const burst = sender.packetize(unit);
    assert.equal(burst.timestamp, 0xffff_ff00 + 3600 - 2 ** 32);
    assert.equal(sender.timestampOf(3600), burst.timestamp);
    assert.equal(sender.timestampOf(2 ** 40), 0xffff_ff00);
    assert.equal(sender.timestampOf(-0x100), 0xffff_fe00);
    for (const bytes of burstPackets(burst)) {
      const { timestamp, ssrc, payloadType } = parseRtpPacket(bytes);
      assert.deepEqual([timestamp, ssrc, payloadType], [burst.timestamp, 0xdead_beef, 96]);
    }
  });

  test('carries the header extension in every packet, at a fixed place', () => {
    const extension = serializeExtensionElements([playoutDelayElement(4, 0, 0)]);
    const burst = packetizer('h264', { extension }).packetize(unit);
    for (const bytes of burstPackets(burst)) {
      assert.ok(bytes.length <= 112);
      assert.deepEqual(parseRtpPacket(bytes).extension, extension);
      assert.deepEqual([...bytes.subarray(12, 20)], [0xbe, 0xde, 0, 1, 0x42, 0, 0, 0]);
    }
  });

  test('of video in another clock is sent in 90 kHz', () => {
    const track = { ...testTrack('h264'), clockRate: 1000 };
    const sender = createPacketizer(track, {
      payloadType: 96,
      ssrc: 1,
      firstSequenceNumber: 0,
      firstTimestamp: 0,
      maxPacketLength: RTSP_MAX_PACKET_LENGTH,
    });
    assert.deepEqual([sender.clockRate, sender.timestampOf(40)], [90_000, 3600]);
  });
});

test('packets too small for any payload or too large for RTP are refused', () => {
  for (const maxPacketLength of [75, 65_536]) {
    assert.throws(() => packetizer('h264', { maxPacketLength }), RangeError);
  }
});

for (const { codec, id, want } of [
  { codec: 'pcmu', id: 1, want: 0 },
  { codec: 'pcma', id: 1, want: 8 },
  { codec: 'h264', id: 0, want: 96 },
  { codec: 'aac', id: 3, want: 99 },
] as const) {
  test(`rtspPayloadType: ${codec} as track ${id} is ${want}`, () => {
    assert.equal(rtspPayloadType(testTrack(codec, { id })), want);
  });
}

test('rtspPayloadType: stereo G.711 has no static type', () => {
  assert.equal(rtspPayloadType(testTrack('pcma', { channels: 2 })), 96);
});

test('no packet exceeds its bound, and only the last one of a picture has the marker', () => {
  const nalUnits = fc.array(
    fc.nat(700).map((length) => nal([0x41, 0x9a], length)),
    { maxLength: 12 },
  );
  const bound = fc.integer({ min: 76, max: 400 });
  fc.assert(
    fc.property(
      fc.constantFrom('h264' as const, 'h265' as const),
      nalUnits,
      bound,
      (codec, data, maxPacketLength) => {
        const burst = packetizer(codec, { maxPacketLength, interleavedChannel: 0 }).packetize(
          testUnit(testTrack(codec), 0, data),
        );
        const packets = burstPackets(burst);
        packets.forEach((bytes, index) => {
          assert.ok(bytes.length <= maxPacketLength);
          assert.equal(parseRtpPacket(bytes).marker, index === packets.length - 1);
        });
      },
    ),
  );
});
