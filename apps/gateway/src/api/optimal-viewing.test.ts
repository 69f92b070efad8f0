import assert from 'node:assert/strict';
import { test } from 'node:test';
import { optimalViewing } from './optimal-viewing.ts';

const RUNGS = [
  { name: 'source', height: 1080, bitrate: 4_000_000 },
  { name: '720p', height: 720, bitrate: 2_000_000 },
  { name: '360p', height: 360, bitrate: 500_000 },
];
const CHROME =
  'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36';
const ALL = { webrtc: true, hls: true };

for (const { name, userAgent, speed, offered, want } of [
  {
    name: 'a browser',
    userAgent: CHROME,
    speed: undefined,
    offered: ALL,
    want: 'webrtc source /live/gate/whep',
  },
  {
    name: 'on a middling line',
    userAgent: CHROME,
    speed: 3000,
    offered: ALL,
    want: 'webrtc 720p /live/gate/whep?quality=720p',
  },
  {
    name: 'on a slow one',
    userAgent: CHROME,
    speed: 200,
    offered: ALL,
    want: 'hls 360p /live/gate/index.m3u8',
  },
  {
    name: 'without WebRTC',
    userAgent: CHROME,
    speed: 9000,
    offered: { webrtc: false, hls: true },
    want: 'mse source /live/gate/mse',
  },
  {
    name: 'a TV',
    userAgent: 'AppleTV11,1/11.1',
    speed: undefined,
    offered: ALL,
    want: 'hls source /live/gate/index.m3u8',
  },
  {
    name: 'a player',
    userAgent: 'VLC/3.0.20 LibVLC/3.0.20',
    speed: undefined,
    offered: ALL,
    want: 'hls source /live/gate/index.m3u8',
  },
  {
    name: 'an old browser',
    userAgent: 'Mozilla/4.0 (compatible; MSIE 8.0)',
    speed: 900,
    offered: ALL,
    want: 'mjpeg 360p /live/gate/stream.mjpeg',
  },
]) {
  test(`optimalViewing: ${name}`, () => {
    const { protocol, quality, path } = optimalViewing('gate', userAgent, speed, RUNGS, offered);
    assert.equal(`${protocol} ${quality} ${path}`, want);
  });
}

test('optimalViewing: a camera of which nothing is known yet', () => {
  const { quality, bitrate } = optimalViewing('gate', CHROME, 1000, [], ALL);
  assert.deepEqual([quality, bitrate], ['source', 0]);
});
