import { createH264Track, type G711Track, type H264Track } from '@vedette/media';

/** 640×360, 25 pictures a second, with parameter sets that go into MP4; its pictures need not be real ones. */
export function videoTrack(): H264Track {
  return createH264Track(0, 90_000, {
    sps: [new Uint8Array(Buffer.from('6742c01eda0280bfe5c044000003000400000300c83c58ba80', 'hex'))],
    pps: [new Uint8Array(Buffer.from('68ce3c80', 'hex'))],
  });
}

/** Sound that browsers do not play from MP4. */
export function g711Track(id = 1): G711Track {
  return { id, kind: 'audio', codec: 'pcma', clockRate: 8000, sampleRate: 8000, channels: 1 };
}
