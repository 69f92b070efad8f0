import type { Av1Track, H264Track, H265Track, Vp9Track } from '@vedette/media';
import { integerParameter } from '../rtp/format-parameters.ts';
import type { OfferedFormat } from './webrtc-offer.ts';

/** What a decoder of one H.264 profile can decode, from the least to the most; each includes those before. */
const H264_PROFILES = ['constrained baseline', 'main', 'high'] as const;

/**
 * How well an offered H.264 format fits: 0 not at all; else the higher the better.
 *
 * Browsers name only some of the profiles they decode (Chromium with a software decoder offers no
 * High and plays it), so another profile is no reason to refuse, only to prefer a better one.
 */
export function h264FormatFit(track: H264Track, format: OfferedFormat): number {
  if (format.encoding.toLowerCase() !== 'h264' || format.clockRate !== 90_000) return 0;
  const mode = integerParameter(format.parameters, 'packetization-mode');
  // Mode 0 cannot carry a picture that is larger than a packet. GStreamer offers no parameters at all
  // and takes every mode.
  if (mode !== 1 && format.fmtp !== undefined) return 0;
  const wanted = h264Profile(track.video.codecString.slice('avc1.'.length));
  const offered = h264Profile(format.parameters.get('profile-level-id') ?? '');
  const base = mode === 1 ? 10 : 1;
  if (offered === wanted) return base + 5;
  return base + H264_PROFILES.findIndex((profile) => profile === offered) + 1;
}

/** Profile of a `profile-level-id`: six digits of profile_idc, constraint flags, level_idc (RFC 6184 §8.1). */
function h264Profile(id: string): (typeof H264_PROFILES)[number] | undefined {
  switch (id.slice(0, 2).toLowerCase()) {
    case '42':
      return 'constrained baseline'; // the features that only Baseline has, no encoder of cameras uses
    case '4d':
      return 'main';
    case '64':
      return 'high';
    case '':
      return 'constrained baseline'; // RFC 6184 §8.1: the default
    default:
      return undefined;
  }
}

/** RFC 7798 §7.1: another profile cannot be decoded; Main 10 decoders decode Main. */
export function h265FormatFit(track: H265Track, format: OfferedFormat): number {
  if (format.encoding.toLowerCase() !== 'h265' || format.clockRate !== 90_000) return 0;
  const offered = integerParameter(format.parameters, 'profile-id') ?? 1;
  const wanted = h265Profile(track);
  if (offered === wanted) return 2;
  return wanted === 1 && offered === 2 ? 1 : 0;
}

/** general_profile_idc, out of `hvc1.1.6.L93.B0` (ISO 14496-15 §E.3). */
function h265Profile({ video }: H265Track): number {
  return Number(/^h[ve][cv]1\.[ABC]?(\d+)/.exec(video.codecString)?.[1] ?? 1);
}

/** A decoder of a profile decodes those below it (RTP Payload Format For AV1 §7.2.1; the default is Main). */
export function av1FormatFit(track: Av1Track, format: OfferedFormat): number {
  if (format.encoding.toLowerCase() !== 'av1' || format.clockRate !== 90_000) return 0;
  const offered = integerParameter(format.parameters, 'profile') ?? 0;
  const wanted = Number(track.video.codecString.split('.')[1] ?? 0);
  if (offered === wanted) return 2;
  return offered > wanted ? 1 : 0;
}

/** RFC 9628 §7.1: profiles are decoders of their own; 0 where none is named. */
export function vp9FormatFit(track: Vp9Track, format: OfferedFormat): number {
  if (format.encoding.toLowerCase() !== 'vp9' || format.clockRate !== 90_000) return 0;
  const offered = integerParameter(format.parameters, 'profile-id') ?? 0;
  return offered === Number(track.video.codecString.split('.')[1] ?? 0) ? 1 : 0;
}

export function vp8FormatFit(_track: unknown, format: OfferedFormat): number {
  return format.encoding.toLowerCase() === 'vp8' && format.clockRate === 90_000 ? 1 : 0;
}
