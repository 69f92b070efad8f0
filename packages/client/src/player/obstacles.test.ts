import type { TrackInfo } from '@vedette/contract';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findObstacles, type Capabilities } from './obstacles.ts';

const H264: TrackInfo = { kind: 'video', codec: 'h264', codecString: 'avc1.64001f' };
const H265: TrackInfo = { kind: 'video', codec: 'h265', codecString: 'hvc1.1.6.L120.90' };
const AAC: TrackInfo = { kind: 'audio', codec: 'aac', codecString: 'mp4a.40.2' };

const CHROMIUM: Capabilities = {
  webrtcVideo: new Set(['video/h264', 'video/vp8']),
  canPlayMp4: (codec) => codec.startsWith('avc1'),
  hasMediaSource: true,
};
const SAFARI: Capabilities = {
  webrtcVideo: new Set(['video/h264', 'video/h265']),
  canPlayMp4: () => true,
  hasMediaSource: true,
};

const H265_LACKS = { kind: 'codec', codec: 'H.265' } as const;
const EVERYWHERE = { webrtc: H265_LACKS, mse: H265_LACKS, hls: H265_LACKS };

for (const { name, tracks, capabilities, want } of [
  { name: 'H.264 plays everywhere', tracks: [AAC, H264], capabilities: CHROMIUM, want: {} },
  {
    name: 'B-frames: the gateway makes pictures without',
    tracks: [{ ...H264, hasReorderedPictures: true }],
    capabilities: CHROMIUM,
    want: {},
  },
  {
    name: 'H.265 where the browser lacks it: the gateway makes H.264',
    tracks: [H265],
    capabilities: CHROMIUM,
    want: {},
  },
  {
    name: 'H.265 where the browser has neither that nor H.264',
    tracks: [H265],
    capabilities: { ...CHROMIUM, webrtcVideo: new Set(['video/vp8']), canPlayMp4: () => false },
    want: EVERYWHERE,
  },
  { name: 'H.265 where it has it', tracks: [H265], capabilities: SAFARI, want: {} },
  { name: 'tracks not known yet', tracks: [], capabilities: CHROMIUM, want: {} },
  {
    name: 'a browser that can nothing, before the tracks are known',
    tracks: [],
    capabilities: { webrtcVideo: null, canPlayMp4: null, hasMediaSource: false },
    want: { webrtc: { kind: 'browser' }, mse: { kind: 'browser' }, hls: { kind: 'browser' } },
  },
  {
    name: 'a browser without WebRTC',
    tracks: [H264],
    capabilities: { ...CHROMIUM, webrtcVideo: null },
    want: { webrtc: { kind: 'browser' } },
  },
]) {
  test(`findObstacles: ${name}`, () => assert.deepEqual(findObstacles(tracks, capabilities, true), want));
}

for (const { name, tracks, capabilities, want } of [
  { name: 'H.264 plays everywhere', tracks: [AAC, H264], capabilities: CHROMIUM, want: {} },
  {
    name: 'B-frames do not play by WebRTC',
    tracks: [{ ...H264, hasReorderedPictures: true }],
    capabilities: CHROMIUM,
    want: { webrtc: { kind: 'reorderedPictures', codec: 'H.264' } },
  },
  { name: 'H.265 where the browser lacks it', tracks: [H265], capabilities: CHROMIUM, want: EVERYWHERE },
  { name: 'H.265 where it has it', tracks: [H265], capabilities: SAFARI, want: {} },
  {
    name: 'H.265 where only MP4 has it',
    tracks: [H265],
    capabilities: { ...SAFARI, webrtcVideo: new Set(['video/h264']) },
    want: { webrtc: H265_LACKS },
  },
  { name: 'tracks not known yet', tracks: [], capabilities: CHROMIUM, want: {} },
]) {
  test(`findObstacles, a gateway that does not transcode: ${name}`, () => {
    assert.deepEqual(findObstacles(tracks, capabilities, false), want);
  });
}
