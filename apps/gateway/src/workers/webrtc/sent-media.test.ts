import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  parseExtensionElements,
  parseRtpPacket,
  type RtpExtensionElement,
  type RtpPacket,
} from '@vedette/protocols';
import { packet, opusTrack, picture, videoTrack } from '../../testing/units.ts';
import { LineEstimate } from './line-estimate.ts';
import { PacerBacklog } from './pacer-backlog.ts';
import { reportInstant, RunMaker } from './packet-run.ts';
import { SentMedia } from './sent-media.ts';

const SETTINGS = {
  channel: 1,
  videoSsrc: 17,
  audioSsrc: 18,
  cname: 'x',
  firstTimestamp: 7,
  playoutDelay: { minMs: 20, maxMs: 400 },
};

/** What a viewer gets: parsed at once, since the bytes are the next viewer's a moment later. */
function collector(): { readonly packets: RtpPacket[]; readonly transmit: (bytes: Buffer) => void } {
  const packets: RtpPacket[] = [];
  return { packets, transmit: (bytes) => packets.push(parseRtpPacket(Uint8Array.from(bytes))) };
}

function elementsOf({ extension }: RtpPacket): RtpExtensionElement[] {
  return extension === undefined ? [] : parseExtensionElements(extension);
}

test('two viewers of one run: each its own payload type, sequence and extension id, the same pictures', () => {
  const track = videoTrack();
  const run = new RunMaker(track, SETTINGS).make(picture(track, 0, { size: 5000 }));
  assert.ok(run.packets.length > 2);
  const viewers = [
    { payloadType: 102, playoutDelayId: 5, transportSequenceId: 3 },
    { payloadType: 126, playoutDelayId: 0, transportSequenceId: 0 },
  ].map((own) => {
    const { packets, transmit } = collector();
    const media = new SentMedia({ trackId: 0, clockRate: 90_000, ...own }, 17, {
      playoutDelay: SETTINGS.playoutDelay,
      line: new LineEstimate(),
    });
    media.send(run, 4_000_000_000, 0, transmit);
    media.send(run, 5, 0, transmit);
    assert.equal(media.packetCount, 2 * run.packets.length);
    assert.equal(media.octetCount, 2 * run.payloadLength);
    return { own, packets };
  });
  const transportSequences: number[] = [];
  for (const { own, packets } of viewers) {
    const firstNumber = packets[0]?.sequenceNumber ?? 0;
    for (const [index, rtp] of packets.entries()) {
      const isSecond = index >= run.packets.length;
      assert.equal(rtp.payloadType, own.payloadType);
      assert.equal(rtp.sequenceNumber, (firstNumber + index) & 0xffff);
      assert.equal(rtp.timestamp, isSecond ? 5 : 4_000_000_000);
      assert.equal(rtp.ssrc, 17);
      assert.equal(rtp.marker, index % run.packets.length === run.packets.length - 1);
      const elements = new Map(elementsOf(rtp).map(({ id, data }) => [id, data]));
      const { playoutDelayId, transportSequenceId } = own;
      assert.equal(elements.size, playoutDelayId === 0 ? 0 : 2, 'what the viewer does not know is padding');
      if (playoutDelayId === 0) continue;
      assert.deepEqual(elements.get(playoutDelayId), Uint8Array.of(0x00, 0x20, 0x28));
      const [high = 0, low = 0] = elements.get(transportSequenceId) ?? [];
      transportSequences.push((high << 8) | low);
    }
  }
  const steps = transportSequences.map((number) => (number - (transportSequences[0] ?? 0)) & 0xffff);
  assert.deepEqual(steps, [...steps.keys()], 'one up with each packet');
  const [one, two] = viewers.map(({ packets }) => packets.map(({ payload }) => payload));
  assert.deepEqual(one, two);
});

test('sound carries no extension', () => {
  const track = opusTrack();
  const run = new RunMaker(track, SETTINGS).make(packet(track, 3));
  const { packets, transmit } = collector();
  new SentMedia(
    { trackId: 1, clockRate: 48_000, payloadType: 111, playoutDelayId: 0, transportSequenceId: 0 },
    18,
    undefined,
  ).send(run, 7, 0, transmit);
  const [only] = packets;
  assert.equal(packets.length, 1);
  assert.deepEqual(
    [only?.payloadType, only?.ssrc, only?.timestamp, only?.extension],
    [111, 18, 7, undefined],
  );
});

for (const { name, wallClockMs, nowMs, want } of [
  // 20 ms after the unit came, 50 ms after it was captured.
  { name: "the gateway's time", wallClockMs: 999_950, nowMs: 1_000_000, want: [1_000_000, 4500] },
  {
    name: "the camera's, set wrong by a day",
    wallClockMs: 87_399_950,
    nowMs: 1_000_000,
    want: [87_399_970, 1800],
  },
]) {
  test(`sender reports tell ${name}`, () => {
    const clock = { timestamp: 0, wallClockMs, atMs: 999_980 };
    const { unixMs, timestamp } = reportInstant(videoTrack(), clock, nowMs);
    assert.deepEqual([unixMs, timestamp], want);
  });
}

test('a pacer empties at its rate, and is never less than empty', () => {
  const backlog = new PacerBacklog(8_000_000);
  assert.equal(backlog.at(0), 0);
  backlog.add(5000);
  assert.equal(backlog.at(2), 3000);
  backlog.add(1000);
  assert.equal(backlog.at(3), 3000);
  assert.equal(backlog.at(1000), 0);
});
