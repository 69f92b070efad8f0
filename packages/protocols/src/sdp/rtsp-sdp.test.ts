import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isNalTrack, type H264Track, type H265Track, type Track } from '@vedette/media';
import { testTrack } from '../rtp/testing/fixtures.ts';
import { parseSdp } from './parse-sdp.ts';
import { serializeRtspSdp } from './rtsp-sdp.ts';
import { tracksFromSdp } from './sdp-tracks.ts';
import { fmtpOf, rtpmapOf } from './track-format.ts';

const SPS = Uint8Array.of(0x67, 0x4d, 0x00, 0x29, 0x96);
const PPS = Uint8Array.of(0x68, 0xee, 0x3c, 0x80);

const h264 = { ...testTrack('h264'), sps: [SPS], pps: [PPS] } as H264Track;
const h265 = {
  ...testTrack('h265', { id: 1 }),
  vps: [Uint8Array.of(0x40, 0x01, 0x0c)],
  sps: [Uint8Array.of(0x42, 0x01, 0x01)],
  pps: [Uint8Array.of(0x44, 0x01, 0xc0), Uint8Array.of(0x44, 0x01, 0xc1)],
} as H265Track;

const OPTIONS = { name: 'gate', sessionId: '42', address: '192.0.2.1' };

test('a description as players read it', () => {
  const text = serializeRtspSdp([h264, testTrack('aac', { id: 1 }), testTrack('pcma', { id: 2 })], OPTIONS);
  assert.equal(
    text,
    [
      'v=0',
      'o=- 42 1 IN IP4 192.0.2.1',
      's=gate',
      'c=IN IP4 0.0.0.0',
      't=0 0',
      'a=control:*',
      'a=range:npt=now-',
      'm=video 0 RTP/AVP 96',
      'a=rtpmap:96 H264/90000',
      'a=fmtp:96 packetization-mode=1;profile-level-id=4d0029;sprop-parameter-sets=Z00AKZY=,aO48gA==',
      'a=framerate:25',
      'a=control:trackID=0',
      'm=audio 0 RTP/AVP 97',
      'a=rtpmap:97 mpeg4-generic/48000/2',
      'a=fmtp:97 streamtype=5;profile-level-id=1;mode=AAC-hbr;sizelength=13;indexlength=3;indexdeltalength=3;config=1190',
      'a=control:trackID=1',
      'm=audio 0 RTP/AVP 8',
      'a=rtpmap:8 PCMA/8000',
      'a=control:trackID=2',
      '',
    ].join('\r\n'),
  );
});

test('an IPv6 server says so', () => {
  const text = serializeRtspSdp([], { ...OPTIONS, address: '2001:db8::1' });
  assert.match(text, /^o=- 42 1 IN IP6 2001:db8::1\r$/m);
  assert.match(text, /^c=IN IP6 ::\r$/m);
});

for (const track of [
  h264,
  h265,
  testTrack('aac'),
  testTrack('opus'),
  testTrack('pcmu'),
  testTrack('pcma', { channels: 2 }),
] as Track[]) {
  test(`${track.codec}: what is written comes back`, () => {
    const { tracks, unsupported } = tracksFromSdp(parseSdp(serializeRtspSdp([track], OPTIONS)));
    assert.deepEqual(unsupported, []);
    const [got] = tracks;
    assert.ok(got);
    assert.deepEqual(
      [got.codec, got.kind, got.clockRate, got.control],
      [track.codec, track.kind, track.clockRate, `trackID=${track.id}`],
    );
    if (isNalTrack(track)) assert.deepEqual([got.sps, got.pps], [track.sps, track.pps]);
    if (track.codec === 'h265') assert.deepEqual(got.vps, track.vps);
    if (track.codec === 'aac') assert.deepEqual(got.audioConfig, track.config);
    if (track.kind === 'audio') assert.equal(got.channels, track.channels);
  });
}

test('tracks without parameters say only what they can', () => {
  assert.equal(fmtpOf(testTrack('h264')), 'packetization-mode=1');
  assert.equal(fmtpOf(testTrack('h265')), undefined);
  assert.equal(fmtpOf({ ...testTrack('opus'), channels: 1 } as Track), undefined);
  assert.equal(rtpmapOf({ ...testTrack('opus'), channels: 1 } as Track), 'opus/48000/2');
});
