import type { AacTrack, G711Track, H264Track, H265Track, OpusTrack, VideoParameters } from '@vedette/media';

function video(codecString: string, profile: string, reorderDepth: number): VideoParameters {
  return { codecString, profile, level: '3.1', width: 1280, height: 720, frameRate: 25, reorderDepth };
}

/** Tracks as far as negotiation looks at them. */
export function h264(codecString = 'avc1.64001f', reorderDepth = 0): H264Track {
  const parameters = video(codecString, 'High', reorderDepth);
  return { id: 0, kind: 'video', codec: 'h264', clockRate: 90_000, sps: [], pps: [], video: parameters };
}

export function h265(codecString = 'hvc1.1.6.L93.B0', profile = 'Main'): H265Track {
  const parameters = video(codecString, profile, 0);
  return {
    id: 0,
    kind: 'video',
    codec: 'h265',
    clockRate: 90_000,
    vps: [],
    sps: [],
    pps: [],
    video: parameters,
  };
}

export function opus(channels = 2): OpusTrack {
  return { id: 1, kind: 'audio', codec: 'opus', clockRate: 48_000, sampleRate: 48_000, channels };
}

export function aac(): AacTrack {
  return {
    id: 1,
    kind: 'audio',
    codec: 'aac',
    clockRate: 48_000,
    config: Uint8Array.of(0x11, 0x90),
    sampleRate: 48_000,
    channels: 2,
  };
}

export function g711(codec: 'pcmu' | 'pcma', sampleRate = 8000): G711Track {
  return { id: 1, kind: 'audio', codec, clockRate: sampleRate, sampleRate, channels: 1 };
}
