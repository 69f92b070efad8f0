import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApiError, UnreachableError } from '../api/api-client.ts';
import { usefulCodecs, withStereo } from './offer.ts';
import { codecName, webrtcSample, webrtcStats } from './webrtc-stats.ts';
import { whepFailure } from './whep-failure.ts';

test('usefulCodecs: keeps what the gateway may send, in order', () => {
  const offered = [
    'video/VP8',
    'video/H264',
    'video/rtx',
    'video/VP9',
    'video/H265',
    'video/ulpfec',
    'audio/red',
    'audio/opus',
  ];
  const kept = usefulCodecs(offered.map((mimeType) => ({ mimeType }))).map(({ mimeType }) => mimeType);
  assert.deepEqual(kept, ['video/VP8', 'video/H264', 'video/rtx', 'video/VP9', 'video/H265', 'audio/opus']);
});

for (const { name, sdp, want } of [
  {
    name: 'adds stereo to Opus only',
    sdp: 'a=rtpmap:111 opus/48000/2\r\na=fmtp:111 minptime=10\r\na=fmtp:96 minptime=10\r\n',
    want: 'a=rtpmap:111 opus/48000/2\r\na=fmtp:111 minptime=10;stereo=1\r\na=fmtp:96 minptime=10\r\n',
  },
  {
    name: 'leaves one that has it',
    sdp: 'a=rtpmap:111 opus/48000/2\r\na=fmtp:111 stereo=0;minptime=10\r\n',
    want: 'a=rtpmap:111 opus/48000/2\r\na=fmtp:111 stereo=0;minptime=10\r\n',
  },
  {
    name: 'leaves a description without Opus',
    sdp: 'a=rtpmap:0 PCMU/8000\r\n',
    want: 'a=rtpmap:0 PCMU/8000\r\n',
  },
]) {
  test(`withStereo: ${name}`, () => assert.equal(withStereo(sdp), want));
}

for (const { error, want } of [
  { error: new UnreachableError(''), want: { kind: 'unreachable' } },
  { error: new ApiError(503, 'ERR_CAMERA_OFFLINE', 'why'), want: { kind: 'offline', reason: 'why' } },
  { error: new ApiError(503, 'ERR_CAMERA_WAITING', 'why'), want: { kind: 'offline', reason: 'why' } },
  {
    error: new ApiError(409, 'ERR_WEBRTC_B_FRAMES', ''),
    want: { kind: 'unsupported', obstacle: { kind: 'reorderedPictures' } },
  },
  {
    error: new ApiError(503, 'ERR_WEBRTC_OFF', ''),
    want: { kind: 'unsupported', obstacle: { kind: 'disabled' } },
  },
  { error: new ApiError(503, 'ERR_WEBRTC_UNAVAILABLE', ''), want: { kind: 'unreachable' } },
  { error: new ApiError(401, 'ERR_X', ''), want: { kind: 'forbidden' } },
  { error: new ApiError(404, 'ERR_CAMERA_NOT_FOUND', ''), want: { kind: 'notFound' } },
  { error: new ApiError(500, 'ERR_INTERNAL', 'why'), want: { kind: 'refused', reason: 'why' } },
]) {
  test(`whepFailure: ${'code' in error ? error.code : error.name} is ${want.kind}`, () => {
    assert.deepEqual(whepFailure(error), want);
  });
}

test('codecName: as people know them', () => {
  assert.deepEqual(['video/H264', 'video/H265', 'video/AV1', 'audio/opus'].map(codecName), [
    'H.264',
    'H.265',
    'AV1',
    'OPUS',
  ]);
});

/** A report as Chromium gives it, cut to what is read. */
function report(seconds: number): Record<string, unknown>[] {
  return [
    {
      type: 'inbound-rtp',
      kind: 'video',
      codecId: 'C1',
      bytesReceived: 250_000 * seconds,
      framesDecoded: 25 * seconds,
      framesDropped: 1,
      packetsLost: 2,
      totalProcessingDelay: 0.5 * seconds,
      frameWidth: 1280,
      frameHeight: 720,
    },
    { type: 'inbound-rtp', kind: 'audio', codecId: 'C2', bytesReceived: 6000 * seconds },
    { type: 'codec', id: 'C1', mimeType: 'video/H264' },
    { type: 'codec', id: 'C2', mimeType: 'audio/opus' },
    { type: 'candidate-pair', nominated: false, state: 'succeeded', currentRoundTripTime: 9 },
    { type: 'candidate-pair', nominated: true, state: 'succeeded', currentRoundTripTime: 0.004 },
  ];
}

test('webrtcStats: figures are what happened between two samples', () => {
  const before = webrtcSample(report(4), 4000);
  assert.deepEqual(webrtcStats(before, webrtcSample(report(6), 6000)), {
    protocol: 'webrtc',
    codec: 'H.264',
    width: 1280,
    height: 720,
    droppedFrames: 1,
    lostPackets: 2,
    roundTripMs: 4,
    latencyMs: 22,
    frameRate: 25,
    bitrate: 2_048_000,
  });
});

test('webrtcStats: one sample tells no rates, an empty report nothing', () => {
  const first = webrtcStats(undefined, webrtcSample(report(1), 1000));
  assert.equal(first.frameRate, undefined);
  assert.equal(first.bitrate, undefined);
  assert.deepEqual(webrtcStats(undefined, webrtcSample([], 0)), {
    protocol: 'webrtc',
    width: 0,
    height: 0,
    droppedFrames: 0,
    lostPackets: 0,
  });
});
