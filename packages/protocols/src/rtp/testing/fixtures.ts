import { totalLength } from '@vedette/media';
import type { AccessUnit, Codec, Track } from '@vedette/media';
import { burstPacket, burstPacketCount } from '../burst.ts';
import type { RtpBurst } from '../burst.ts';
import type { RtpFormat } from '../depacketizer.ts';
import { parseFormatParameters } from '../format-parameters.ts';
import type { RtpPacket } from '../packet.ts';

const VIDEO = {
  codecString: 'avc1.64001f',
  profile: 'High',
  level: '3.1',
  width: 1280,
  height: 720,
  frameRate: 25,
  reorderDepth: 0,
};

/** A track of any codec; parameter sets and configs are placeholders. */
// eslint-disable-next-line complexity -- a case a codec
export function testTrack(codec: Codec, overrides: { id?: number; channels?: number } = {}): Track {
  const id = overrides.id ?? 0;
  const channels = overrides.channels ?? 1;
  switch (codec) {
    case 'h264':
      return { id, kind: 'video', codec, clockRate: 90_000, sps: [], pps: [], video: VIDEO };
    case 'h265':
      return { id, kind: 'video', codec, clockRate: 90_000, vps: [], sps: [], pps: [], video: VIDEO };
    case 'aac':
      return {
        id,
        kind: 'audio',
        codec,
        clockRate: 48_000,
        config: Uint8Array.of(0x11, 0x90),
        sampleRate: 48_000,
        channels: 2,
      };
    case 'opus':
      return { id, kind: 'audio', codec, clockRate: 48_000, sampleRate: 48_000, channels: 2 };
    case 'pcmu':
    case 'pcma':
      return { id, kind: 'audio', codec, clockRate: 8000, sampleRate: 8000, channels };
    case 'mpa':
      return { id, kind: 'audio', codec, layer: 2, clockRate: 48_000, sampleRate: 48_000, channels };
    case 'av1':
      return { id, kind: 'video', codec, clockRate: 90_000, config: new Uint8Array(), video: VIDEO };
    case 'vp9':
    case 'vp8':
    case 'mjpeg':
      return { id, kind: 'video', codec, clockRate: 90_000, video: VIDEO };
  }
}

export function testUnit(track: Track, pts: number, data: readonly Uint8Array[]): AccessUnit {
  return {
    track,
    pts,
    dts: pts,
    isRandomAccess: false,
    data,
    byteLength: totalLength(data),
    wallClockMs: NaN,
  };
}

/** A format to depacketize by, parameters as in `a=fmtp`. */
export function testFormat(codec: Codec, fmtp = '', encoding: string = codec): RtpFormat {
  const clockRate = codec === 'h264' || codec === 'h265' ? 90_000 : 48_000;
  return { codec, encoding, clockRate, channels: 1, fmtp: parseFormatParameters(fmtp) };
}

export function burstPackets(burst: RtpBurst): Uint8Array[] {
  return Array.from({ length: burstPacketCount(burst) }, (_, index) => burstPacket(burst, index));
}

/** A packet with the given fields, the rest zero. */
export function testPacket(fields: Partial<RtpPacket>): RtpPacket {
  return {
    marker: false,
    payloadType: 96,
    sequenceNumber: 0,
    timestamp: 0,
    ssrc: 1,
    csrcs: [],
    extension: undefined,
    payload: Uint8Array.of(),
    ...fields,
  };
}

/** Packets numbered from `first` on: `[payload, timestamp, marker?]`. */
export function testPackets(
  rows: readonly (readonly [payload: readonly number[], timestamp: number, marker?: boolean])[],
  first = 100,
): RtpPacket[] {
  return rows.map(([payload, timestamp, marker = false], index) =>
    testPacket({
      sequenceNumber: (first + index) & 0xffff,
      timestamp,
      marker,
      payload: Uint8Array.from(payload),
    }),
  );
}
