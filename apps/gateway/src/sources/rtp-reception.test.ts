import { ProtocolError, type AccessUnit, type Track } from '@vedette/media';
import { parseRtcp, type SdpTrack } from '@vedette/protocols';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fuzz } from '../../../../packages/media/src/testing/fuzz.ts';
import { RtpReception } from './rtp-reception.ts';
import {
  describeTracks,
  GOP,
  PICTURE_TICKS,
  RtpSender,
  testPictures,
  testSound,
} from './testing/rtp-sender.ts';

const VIDEO = 0;
const AUDIO = 1;
/** Some day, in milliseconds since 1970. */
const NOON = Date.UTC(2026, 0, 31, 12);

const pictures = testPictures(40);
const sound = testSound(100);
const [videoTrack, audioTrack] = [pictures[0]?.track, sound[0]?.track];
assert.ok(videoTrack !== undefined && audioTrack !== undefined);
const tracks = describeTracks([videoTrack, audioTrack]);

/** A camera, the reception of its stream, and what came out of it. */
class Bench {
  readonly video = new RtpSender(videoTrack as Track, 0xffff_0000);
  readonly audio = new RtpSender(audioTrack as Track, 12_345);
  readonly opened: (readonly Track[])[] = [];
  readonly units: AccessUnit[] = [];
  readonly reports: { track: number; pts: number; unixMs: number }[] = [];
  readonly errors: ProtocolError[] = [];
  readonly reception: RtpReception;

  constructor({
    sdp = tracks,
    isDatagram = false,
  }: { sdp?: readonly SdpTrack[]; isDatagram?: boolean } = {}) {
    this.reception = new RtpReception({
      tracks: sdp,
      isDatagram,
      ssrc: 7,
      open: (opened) => {
        this.opened.push(opened);
        return {
          write: (unit) => this.units.push(unit),
          report: (track, pts, unixMs) => this.reports.push({ track: track.id, pts, unixMs }),
          close: () => undefined,
        };
      },
      onBadPacket: (error) => this.errors.push(error),
    });
  }

  /** Sends pictures `from` to `to`, each when it is due, without the packets that `drop` names. */
  pictures(from: number, to: number, drop: (picture: number, packet: number) => boolean = () => false): void {
    for (const [offset, unit] of pictures.slice(from, to).entries()) {
      for (const [index, packet] of this.video.packets(unit).entries()) {
        if (!drop(from + offset, index)) this.reception.onRtp(VIDEO, packet, at(unit));
      }
    }
  }

  sound(from: number, to: number, delayMs = 0): void {
    for (const unit of sound.slice(from, to)) {
      for (const packet of this.audio.packets(unit)) this.reception.onRtp(AUDIO, packet, at(unit) + delayMs);
    }
  }

  pts(kind: 'video' | 'audio'): number[] {
    return this.units.filter(({ track }) => track.kind === kind).map(({ pts }) => pts);
  }
}

/** When a unit is due. */
function at({ pts, track }: AccessUnit): number {
  return NOON + (pts * 1000) / track.clockRate;
}

const each = (from: number, to: number, ticks: number): number[] =>
  Array.from({ length: to - from }, (_, index) => (from + index) * ticks);

test('RtpReception: pictures come out as they went in, from PTS 0', () => {
  const bench = new Bench();
  bench.pictures(0, 40);
  assert.deepEqual(
    bench.units.map(({ data }) => data),
    pictures.map(({ data }) => data),
  );
  assert.deepEqual(bench.pts('video'), each(0, 40, PICTURE_TICKS));
  assert.deepEqual(
    bench.opened.map((opened) => opened.map(({ id, codec }) => [id, codec])),
    [
      [
        [0, 'h264'],
        [1, 'pcmu'],
      ],
    ],
  );
});

test('RtpReception: joined in mid-GOP, the first key picture is PTS 0', () => {
  const bench = new Bench();
  bench.pictures(3, 15);
  assert.deepEqual(bench.pts('video'), each(0, 5, PICTURE_TICKS));
  assert.equal(bench.units[0]?.isRandomAccess, true);
});

test('RtpReception: parameter sets may come with the pictures only', () => {
  const sdp = tracks.map((track) => ({ ...track, sps: [], pps: [] }));
  const bench = new Bench({ sdp });
  assert.equal(bench.reception.tracks[0]?.track, undefined);
  bench.pictures(0, 2);
  assert.equal(bench.opened[0]?.[0]?.codec, 'h264');
  assert.equal(bench.units.length, 2);
});

test('RtpReception: sound is placed by arrival when the camera says nothing', () => {
  const bench = new Bench();
  bench.pictures(0, 3); // until 80 ms
  bench.sound(10, 12); // 200 ms, 220 ms
  assert.deepEqual(bench.pts('audio'), [1600, 1760]);
});

test('RtpReception: sound that came before the first picture is kept when it belongs behind it', () => {
  const early = new Bench();
  early.sound(0, 3, -50);
  early.pictures(0, 3);
  assert.deepEqual(early.pts('audio'), [], 'by arrival it belongs before the first picture');

  const bench = new Bench();
  bench.reception.setRtpInfo([
    { url: 'a', rtpTime: bench.video.timestampOf(0) },
    { url: 'b', rtpTime: bench.audio.timestampOf(0) },
  ]);
  bench.sound(0, 3, -50);
  bench.pictures(0, 3);
  assert.deepEqual(bench.pts('audio'), [0, 160, 320]);
});

test('RtpReception: sound is placed by RTP-Info, unless that cannot be', () => {
  const bench = new Bench();
  bench.reception.setRtpInfo([
    { url: 'a', rtpTime: bench.video.timestampOf(0) },
    { url: 'b', rtpTime: bench.audio.timestampOf(0) },
  ]);
  bench.pictures(0, 3);
  bench.sound(10, 12, 300);
  assert.deepEqual(bench.pts('audio'), [1600, 1760]);

  const nonsense = new Bench();
  nonsense.reception.setRtpInfo([
    { url: 'a', rtpTime: 0 },
    { url: 'b', rtpTime: 0 },
  ]);
  nonsense.pictures(0, 3);
  nonsense.sound(10, 12);
  assert.deepEqual(nonsense.pts('audio'), [1600, 1760]);
});

test('RtpReception: sound is placed by sender reports, which need not be about the same instant', () => {
  const bench = new Bench();
  bench.reception.onRtcp(VIDEO, bench.video.report(0, NOON), NOON);
  bench.reception.onRtcp(AUDIO, bench.audio.report(8000, NOON + 1000), NOON);
  bench.pictures(0, 3);
  bench.sound(10, 12, 300);
  assert.deepEqual(bench.pts('audio'), [1600, 1760]);
});

test('RtpReception: reports that come later move the sound to its place at once, when all can hear that it is off', () => {
  const bench = new Bench();
  bench.pictures(0, 3);
  bench.sound(10, 12, 300); // by arrival 300 ms late
  bench.reception.onRtcp(VIDEO, bench.video.report(0, NOON), NOON);
  bench.reception.onRtcp(AUDIO, bench.audio.report(0, NOON), NOON);
  bench.sound(12, 40, 300);
  const pts = bench.pts('audio');
  assert.deepEqual(pts.slice(0, 2), [4000, 4160]);
  assert.deepEqual(
    pts.slice(2),
    each(26, 40, 160),
    'what lies before 4160 is left out, the rest is in its place',
  );
});

test('RtpReception: clocks that drift apart are followed without a gap', () => {
  const bench = new Bench();
  bench.pictures(0, 3);
  bench.sound(10, 12);
  bench.reception.onRtcp(VIDEO, bench.video.report(0, NOON), NOON);
  bench.reception.onRtcp(AUDIO, bench.audio.report(0, NOON + 20), NOON);
  bench.sound(12, 100);
  const steps = bench
    .pts('audio')
    .flatMap((pts, index, all) => (index === 0 ? [] : [pts - (all[index - 1] ?? 0)]));
  assert.ok(steps.every((step) => step >= 159 && step <= 161));
  assert.ok(steps.some((step) => step === 161));
});

test('RtpReception: the clock of the camera reaches the stream, early reports too', () => {
  const bench = new Bench();
  bench.reception.onRtcp(VIDEO, bench.video.report(-900, NOON - 10), NOON);
  assert.deepEqual(bench.reports, []);
  bench.pictures(0, 3);
  bench.reception.onRtcp(VIDEO, bench.video.report(90_000, NOON + 1000), NOON + 1000);
  bench.reception.onRtcp(AUDIO, bench.audio.report(8000, NOON + 1000), NOON + 1000);
  assert.deepEqual(
    bench.reports.map(({ track, pts, unixMs }) => [track, pts, Math.round(unixMs)]),
    [
      [0, -900, NOON - 10],
      [0, 90_000, NOON + 1000],
    ],
  );
});

for (const { name, pts, unixMs } of [
  { name: 'NTP zero', pts: 0, unixMs: undefined },
  { name: 'a clock that was never set', pts: 0, unixMs: Date.UTC(2000, 0, 1) },
  { name: 'a clock that counts from the start of the camera', pts: 0, unixMs: Date.UTC(1970, 0, 1, 1) },
  { name: 'an RTP time far from the pictures', pts: 90_000 * 60, unixMs: NOON },
]) {
  test(`RtpReception: a report with ${name} does not set the stream's clock`, () => {
    const bench = new Bench();
    bench.pictures(0, 3);
    bench.reception.onRtcp(VIDEO, bench.video.report(pts, unixMs), NOON);
    assert.deepEqual(bench.reports, []);
  });
}

test('RtpReception: clocks that were never set still align sound and pictures', () => {
  const bench = new Bench();
  const boot = Date.UTC(1970, 0, 1);
  bench.reception.onRtcp(VIDEO, bench.video.report(0, boot), NOON);
  bench.reception.onRtcp(AUDIO, bench.audio.report(0, boot), NOON);
  bench.pictures(0, 3);
  bench.sound(10, 12, 300);
  assert.deepEqual(bench.pts('audio'), [1600, 1760]);
});

test('RtpReception: a lost packet costs the pictures up to the next key picture, and is counted', () => {
  const bench = new Bench();
  bench.pictures(0, 40, (picture, packet) => picture === 13 && packet === 1);
  const expected = [...each(0, 13, PICTURE_TICKS), ...each(2 * GOP, 40, PICTURE_TICKS)];
  assert.deepEqual(bench.pts('video'), expected);
  assert.deepEqual(bench.reception.totals, {
    ...bench.reception.totals,
    lostPackets: 1,
    damagedPictures: 7,
    badPackets: 0,
  });
  assert.deepEqual(bench.reception.takeDamage(), { lostPackets: 1, damagedPictures: 7 });
  assert.deepEqual(bench.reception.takeDamage(), { lostPackets: 0, damagedPictures: 0 });
});

test('RtpReception: datagrams in any order within the window cost nothing', () => {
  const bench = new Bench({ isDatagram: true });
  const packets = pictures.flatMap((unit) =>
    bench.video.packets(unit).map((packet) => ({ packet, nowMs: at(unit) })),
  );
  const shuffled = packets.map((one, index) => packets[index ^ 1] ?? one);
  for (const { packet, nowMs } of shuffled) bench.reception.onRtp(VIDEO, packet, nowMs);
  bench.reception.poll(NOON + 10_000);
  assert.deepEqual(bench.pts('video'), each(0, 40, PICTURE_TICKS));
  assert.equal(bench.reception.totals.lostPackets, 0);
});

test('RtpReception: a missing datagram is waited for, then given up by poll', () => {
  const bench = new Bench({ isDatagram: true });
  bench.pictures(0, 2);
  const [first, ...rest] = bench.video.packets(pictures[2] as AccessUnit);
  assert.ok(first !== undefined && rest.length > 0);
  for (const packet of rest) bench.reception.onRtp(VIDEO, packet, NOON + 80);
  bench.reception.poll(NOON + 100);
  assert.equal(bench.reception.totals.lostPackets, 0);
  bench.reception.poll(NOON + 200);
  assert.equal(bench.reception.totals.lostPackets, 1);
});

test('RtpReception: a camera that restarts its encoder goes on without a jump', () => {
  const bench = new Bench();
  bench.pictures(0, 20);
  const restarted = new RtpSender(videoTrack, 0x1234_5678, 1);
  for (const unit of pictures.slice(20)) {
    for (const packet of restarted.packets(unit)) bench.reception.onRtp(VIDEO, packet, at(unit));
  }
  assert.deepEqual(bench.pts('video'), each(0, 40, PICTURE_TICKS));
});

test('RtpReception: other payload types are not ours, and a camera that only sends another is taken at its word', () => {
  const bench = new Bench();
  bench.pictures(0, 1);
  const retyped = (unit: AccessUnit): Uint8Array[] =>
    bench.video.packets(unit).map((packet) => {
      const copy = packet.slice();
      copy[1] = ((copy[1] ?? 0) & 0x80) | 101;
      return copy;
    });
  for (const packet of retyped(pictures[1] as AccessUnit)) bench.reception.onRtp(VIDEO, packet, NOON);
  assert.equal(bench.units.length, 1);

  const odd = new Bench();
  for (const packet of retyped(pictures[0] as AccessUnit)) odd.reception.onRtp(VIDEO, packet, NOON);
  assert.equal(odd.units.length, 1);
});

test('RtpReception: reports what it received, and hears a goodbye of the leading track', () => {
  const bench = new Bench();
  bench.pictures(0, 5);
  assert.equal(bench.reception.lastPacketMs, NOON + 160);
  const [report, description] = parseRtcp(bench.reception.report(VIDEO, NOON + 200));
  assert.ok(report?.type === 'rr' && description?.type === 'sdes');
  assert.deepEqual([report.ssrc, report.reports[0]?.ssrc, report.reports[0]?.packetsLost], [7, 0x1000, 0]);
  assert.deepEqual(parseRtcp(bench.reception.report(AUDIO, NOON))[0], { type: 'rr', ssrc: 7, reports: [] });

  bench.reception.onRtcp(AUDIO, bench.audio.goodbye(), NOON);
  assert.equal(bench.reception.hasEnded, false);
  bench.reception.onRtcp(VIDEO, bench.audio.goodbye(), NOON);
  assert.equal(bench.reception.hasEnded, false, 'of another source');
  bench.reception.onRtcp(VIDEO, bench.video.goodbye(), NOON);
  assert.equal(bench.reception.hasEnded, true);
});

test('RtpReception: bad packets are counted and named once, and harm nothing', () => {
  const bench = new Bench();
  bench.pictures(0, 1);
  for (let i = 0; i < 3; i += 1) {
    bench.reception.onRtp(VIDEO, Uint8Array.of(0x80), NOON);
    bench.reception.onRtcp(VIDEO, Uint8Array.of(0x80), NOON);
    bench.reception.onRtp(9, Uint8Array.of(0x80), NOON);
  }
  assert.deepEqual(
    bench.errors.map(({ code }) => code),
    ['ERR_RTP_TOO_SHORT', 'ERR_RTCP_TOO_SHORT'],
  );
  assert.equal(bench.reception.totals.badPackets, 6);
  bench.pictures(1, 10);
  assert.deepEqual(bench.pts('video'), each(0, 10, PICTURE_TICKS));
});

test('RtpReception: nothing to receive is refused', () => {
  assert.throws(() => new Bench({ sdp: [] }), { code: 'ERR_SOURCE_NO_TRACKS' });
});

const sender = new Bench();
const seeds = [
  ...pictures.slice(0, 12).flatMap((unit) => sender.video.packets(unit)),
  ...sound.slice(0, 3).flatMap((unit) => sender.audio.packets(unit)),
  sender.video.report(0, NOON),
  sender.video.goodbye(),
];
for (const isDatagram of [false, true]) {
  const bench = new Bench({ isDatagram });
  let nowMs = NOON;
  fuzz(`RtpReception (${isDatagram ? 'datagrams' : 'connection'})`, seeds, (packet) => {
    nowMs += 1;
    bench.reception.onRtp(nowMs & 1, packet, nowMs);
    bench.reception.onRtcp(nowMs & 1, packet, nowMs);
    bench.reception.poll(nowMs);
    bench.units.length = 0;
    bench.reports.length = 0;
  });
}
