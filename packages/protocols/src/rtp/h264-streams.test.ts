import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createVideoAssembler, joinAnnexB } from '@vedette/media';
import { frameHashes } from '../../../media/src/testing/frame-hashes.ts';
import { assembleUnits, CLOCK_RATE, sharedH264Streams } from '../../../media/src/testing/video-stream.ts';
import { RTSP_MAX_PACKET_LENGTH } from './burst.ts';
import { createDepacketizer } from './create-depacketizer.ts';
import { parseRtpPacket } from './packet.ts';
import { createPacketizer } from './packetizer.ts';
import { burstPackets, testFormat } from './testing/fixtures.ts';

const streams = sharedH264Streams();

if (streams.length === 0) {
  test('H.264 streams through RTP', (context) => {
    context.diagnostic('The shared test data is missing: no stream to send');
  });
}

for (const stream of streams) {
  test(`${stream.name}: through RTP and back, every decoded picture is the same`, () => {
    const units = assembleUnits(stream);
    const [first] = units;
    assert.ok(first);
    const packetizer = createPacketizer(first.track, {
      payloadType: 96,
      ssrc: 1,
      firstSequenceNumber: 65_000,
      firstTimestamp: 0,
      maxPacketLength: RTSP_MAX_PACKET_LENGTH,
    });
    const depacketizer = createDepacketizer(testFormat('h264'));
    const assembler = createVideoAssembler('h264', 0, CLOCK_RATE);
    const received = units
      .flatMap((unit) => burstPackets(packetizer.packetize(unit)))
      .flatMap((bytes) => depacketizer.push(parseRtpPacket(bytes)))
      .flatMap(({ data, timestamp }) => assembler.push(data, timestamp) ?? []);

    assert.equal(depacketizer.damagedUnits, 0);
    assert.deepEqual(
      received.map(({ pts, data }) => ({ pts, data })),
      units.map(({ pts, data }) => ({ pts, data })),
    );
    const annexB = joinAnnexB(received.flatMap(({ data }) => data));
    assert.deepEqual(frameHashes(annexB, 'h264'), frameHashes(stream.annexB, 'h264'));
  });
}
