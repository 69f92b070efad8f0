import type { AccessUnit, H264Track, OpusTrack, VideoParameters } from '@vedette/media';

const video: VideoParameters = {
  codecString: 'avc1.42e01f',
  profile: 'Constrained Baseline',
  level: '3.1',
  width: 640,
  height: 360,
  frameRate: 25,
  reorderDepth: 0,
};

/** A video track whose parameter sets are of no use to a decoder: for tests of what carries units. */
export function videoTrack(id = 0, changes: Partial<VideoParameters> = {}): H264Track {
  return {
    id,
    kind: 'video',
    codec: 'h264',
    clockRate: 90_000,
    sps: [Uint8Array.of(0x67, 1)],
    pps: [Uint8Array.of(0x68, 1)],
    video: { ...video, ...changes },
  };
}

export function opusTrack(id = 1): OpusTrack {
  return { id, kind: 'audio', codec: 'opus', clockRate: 48_000, sampleRate: 48_000, channels: 2 };
}

/** Picture `index` at 25 frames per second, a key picture every `gop`. */
export function picture(track: H264Track, index: number, { gop = 50, size = 100 } = {}): AccessUnit {
  const isRandomAccess = index % gop === 0;
  const pts = index * 3600;
  const data = [new Uint8Array(size).fill(isRandomAccess ? 0x65 : 0x41)];
  return { track, pts, dts: pts, isRandomAccess, data, byteLength: size, wallClockMs: Number.NaN };
}

/** Audio packet `index` of 20 ms. */
export function packet(track: OpusTrack, index: number): AccessUnit {
  const pts = index * 960;
  const data = [Uint8Array.of(0xfc, index & 0xff)];
  return { track, pts, dts: pts, isRandomAccess: true, data, byteLength: 2, wallClockMs: Number.NaN };
}
