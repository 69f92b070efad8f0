import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApiError, UnreachableError } from '../api/api-client.ts';
import { publishSample, publishStats } from './publish-stats.ts';
import { withStartBitrate } from './whip-connection.ts';
import { isPassing, publishFailure } from './whip-failure.ts';

for (const { error, want, passes } of [
  { error: new UnreachableError('gone'), want: { kind: 'unreachable' }, passes: true },
  { error: new ApiError(404, 'ERR_CAMERA_NOT_FOUND', ''), want: { kind: 'notFound' }, passes: false },
  { error: new ApiError(409, 'ERR_NOT_A_PUBLISH_CAMERA', ''), want: { kind: 'notPublish' }, passes: false },
  { error: new ApiError(409, 'ERR_PUBLISHER_BUSY', ''), want: { kind: 'busy' }, passes: false },
  { error: new ApiError(406, 'ERR_PUBLISH_CODEC', ''), want: { kind: 'codec' }, passes: false },
  { error: new ApiError(404, 'ERR_WEBRTC_OFF', ''), want: { kind: 'disabled' }, passes: false },
  { error: new ApiError(403, 'ERR_ORIGIN', ''), want: { kind: 'forbidden' }, passes: false },
  {
    error: new ApiError(503, 'ERR_WEBRTC_UNAVAILABLE', 'being restarted'),
    want: { kind: 'unavailable', reason: 'being restarted' },
    passes: true,
  },
  {
    error: new ApiError(400, 'ERR_WEBRTC_OFFER', 'no ICE'),
    want: { kind: 'refused', reason: 'no ICE' },
    passes: false,
  },
]) {
  test(`a publisher is told what ${error.message || String('code' in error && error.code)} means`, () => {
    const failure = publishFailure(error);
    assert.deepEqual(failure, want);
    assert.equal(isPassing(failure), passes);
  });
}

test('figures are between two samples', () => {
  const entries = (bytes: number) => [
    { type: 'outbound-rtp', kind: 'audio', bytesSent: 1000 },
    {
      type: 'outbound-rtp',
      kind: 'video',
      codecId: 'c',
      bytesSent: bytes,
      frameWidth: 1280,
      frameHeight: 720,
      framesPerSecond: 30,
    },
    { type: 'codec', id: 'c', mimeType: 'video/H264' },
    { type: 'remote-inbound-rtp', kind: 'video', roundTripTime: 0.02, fractionLost: 0.05 },
  ];
  const first = publishSample(entries(10_000), 1000);
  assert.equal('bitrate' in publishStats(undefined, first), false);
  assert.deepEqual(publishStats(first, publishSample(entries(260_000), 2000)), {
    width: 1280,
    height: 720,
    frameRate: 30,
    codec: 'H.264',
    roundTripMs: 20,
    lossPercent: 5,
    bitrate: 2_000_000,
  });
});

test('the start bitrate goes to H.264 alone', () => {
  const answer = 'a=fmtp:102 profile-level-id=42e01f\r\na=fmtp:103 apt=102\r\na=fmtp:111 useinbandfec=1\r\n';
  assert.equal(
    withStartBitrate(answer),
    'a=fmtp:102 profile-level-id=42e01f;x-google-start-bitrate=1200\r\na=fmtp:103 apt=102\r\na=fmtp:111 useinbandfec=1\r\n',
  );
});
