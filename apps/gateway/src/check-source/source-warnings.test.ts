import type { SourceReport, SourceTrack } from '@vedette/contract';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatReport } from './format-report.ts';
import { sourceWarnings } from './source-warnings.ts';

const video: SourceTrack = {
  kind: 'video',
  codec: 'h264',
  codecString: 'avc1.64001f',
  profile: 'High',
  level: '3.1',
  width: 1280,
  height: 720,
  frameRate: 25,
  measuredFrameRate: 25,
  hasReorderedPictures: false,
  reorderDepth: 0,
  units: 150,
  bitrate: 2_100_000,
  gop: { pictures: 50, seconds: 2, isComplete: true },
};
const audio: SourceTrack = {
  kind: 'audio',
  codec: 'aac',
  codecString: 'mp4a.40.2',
  sampleRate: 48_000,
  channels: 2,
  units: 280,
  bitrate: 128_000,
};
const good: SourceReport = {
  address: 'rtsp://10.0.0.5/stream1',
  transport: 'tcp',
  server: 'Hipcam',
  firstUnitMs: 120,
  measuredMs: 6000,
  tracks: [video, audio],
  unsupported: [],
  clock: { source: 'sender-report', offsetMs: -3 },
  lostPackets: 0,
  damagedPictures: 0,
  warnings: [],
};

for (const { name, changes, want, says } of [
  { name: 'a good camera', changes: {}, want: [], says: /^$/ },
  {
    name: 'B-frames',
    changes: { tracks: [{ ...video, reorderDepth: 2 }] },
    want: ['B_FRAMES'],
    says: /WebRTC cannot carry/,
  },
  {
    name: 'a long GOP',
    changes: { tracks: [{ ...video, gop: { pictures: 250, seconds: 10, isComplete: true } }] },
    want: ['LONG_GOP'],
    says: /only every 10 s/,
  },
  {
    name: 'a GOP without end',
    changes: { tracks: [{ ...video, gop: { pictures: 150, seconds: 6, isComplete: false } }] },
    want: ['LONG_GOP'],
    says: /not even every 6 s/,
  },
  {
    name: 'a GOP of 4 s',
    changes: { tracks: [{ ...video, gop: { pictures: 100, seconds: 4, isComplete: true } }] },
    want: [],
    says: /^$/,
  },
  {
    name: 'H.265',
    changes: { tracks: [{ ...video, codec: 'h265' }] },
    want: ['H265'],
    says: /many browsers/,
  },
  {
    name: 'a frame rate that is not kept',
    changes: { tracks: [{ ...video, frameRate: 30, measuredFrameRate: 15 }] },
    want: ['FRAME_RATE'],
    says: /declares 30 .* has 15/,
  },
  { name: 'sound only', changes: { tracks: [audio] }, want: ['NO_VIDEO'], says: /no video/ },
  {
    name: 'what is left out',
    changes: {
      unsupported: [
        { kind: 'video', encoding: 'JPEG', reason: 'codec' },
        { kind: 'audio', encoding: 'G726-32', reason: 'codec' },
        { kind: 'audio', encoding: 'PCMU', reason: 'back-channel' },
        { kind: 'application', encoding: 'vnd.onvif.metadata', reason: 'codec' },
      ],
    },
    want: ['UNSUPPORTED_VIDEO', 'UNSUPPORTED_AUDIO'],
    says: /G726-32 is not supported/,
  },
  {
    name: 'no sender reports',
    changes: { clock: { source: 'arrival', offsetMs: null } },
    want: ['NO_SENDER_REPORTS'],
    says: /arrival/,
  },
  {
    name: 'a clock that is off',
    changes: { clock: { source: 'sender-report', offsetMs: 37_200 } },
    want: ['CLOCK_OFF'],
    says: /37\.2 s ahead of/,
  },
  {
    name: 'loss by UDP',
    changes: { lostPackets: 3, damagedPictures: 20, transport: 'udp' },
    want: ['PACKET_LOSS'],
    says: /3 packets .* 20 pictures .* Use TCP/,
  },
] as { name: string; changes: Partial<SourceReport>; want: string[]; says: RegExp }[]) {
  test(`sourceWarnings: ${name}`, () => {
    const warnings = sourceWarnings({ ...good, ...changes });
    assert.deepEqual(
      warnings.map(({ code }) => code),
      want,
    );
    assert.match(warnings.map(({ message }) => message).join('\n'), says);
  });
}

test('formatReport: a good camera', () => {
  assert.equal(
    formatReport(good),
    `rtsp://10.0.0.5/stream1 (Hipcam)
by TCP, first picture after 120 ms

  video     H.264 High 3.1, 1280×720, 25 fps (declares 25), 2.10 Mbit/s
            key picture every 50 pictures (2 s), no B-frames
  audio     AAC, 48 kHz stereo, 128 kbit/s
  clock     sender reports, 3 ms behind this machine
  loss      none

Nothing to warn of.
`,
  );
});

test('formatReport: a bad one', () => {
  const { frameRate, gop, ...rest } = video;
  assert.ok(frameRate !== undefined && gop !== undefined);
  const report: SourceReport = {
    ...good,
    server: null,
    transport: 'udp',
    tracks: [{ ...rest, codec: 'h265', reorderDepth: 1 }],
    unsupported: [{ kind: 'application', encoding: 'vnd.onvif.metadata', reason: 'codec' }],
    clock: { source: 'arrival', offsetMs: null },
    lostPackets: 3,
    damagedPictures: 20,
    warnings: [{ code: 'H265', message: 'Bad.' }],
  };
  assert.equal(
    formatReport(report),
    `rtsp://10.0.0.5/stream1
by UDP, first picture after 120 ms

  video     H.265 High 3.1, 1280×720, 25 fps (declares none), 2.10 Mbit/s
            no key picture, B-frames
  left out  application vnd.onvif.metadata (codec)
  clock     arrival (the camera sends no sender reports)
  loss      3 packets, 20 pictures

Warnings
  H265: Bad.
`,
  );
});
