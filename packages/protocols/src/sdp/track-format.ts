import type { Av1Track, H264Track, H265Track, Track } from '@vedette/media';
import { toBase64, toHex } from '../rtp/format-parameters.ts';
import { rtpClockRate } from '../rtp/packetizer.ts';

/** What `a=rtpmap` says of a track after the payload type, e.g. `H264/90000`, `opus/48000/2`. */
export function rtpmapOf(track: Track): string {
  const clockRate = rtpClockRate(track);
  switch (track.codec) {
    case 'h264':
      return `H264/${clockRate}`;
    case 'h265':
      return `H265/${clockRate}`;
    case 'aac':
      return `mpeg4-generic/${clockRate}/${track.channels}`;
    case 'opus':
      return 'opus/48000/2'; // whatever the channels are (RFC 7587 §7)
    case 'pcmu':
    case 'pcma':
      return `${track.codec.toUpperCase()}/${clockRate}${track.channels === 1 ? '' : `/${track.channels}`}`;
    case 'mpa':
      return `MPA/${clockRate}`;
    case 'mjpeg':
      return `JPEG/${clockRate}`;
    default:
      return `${track.codec.toUpperCase()}/${clockRate}`;
  }
}

/** What `a=fmtp` says of a track after the payload type; `undefined` where there is nothing to say. */
export function fmtpOf(track: Track): string | undefined {
  switch (track.codec) {
    case 'h264':
      return h264Fmtp(track);
    case 'h265':
      return h265Fmtp(track);
    case 'aac':
      // RFC 3640 §4.1; every frame behind one AU header of 13 + 3 bits.
      return (
        'streamtype=5;profile-level-id=1;mode=AAC-hbr;sizelength=13;indexlength=3;indexdeltalength=3;' +
        `config=${toHex(track.config)}`
      );
    case 'av1':
      return av1Fmtp(track);
    case 'opus':
      return track.channels > 1 ? 'sprop-stereo=1' : undefined;
    default:
      return undefined;
  }
}

/** RFC 6184 §8.1; `profile-level-id` is bytes 1 to 3 of the SPS. */
function h264Fmtp({ sps, pps }: H264Track): string {
  const parameters = ['packetization-mode=1'];
  const profile = sps[0]?.subarray(1, 4);
  if (profile?.length === 3) parameters.push(`profile-level-id=${toHex(profile)}`);
  const sets = [...sps, ...pps];
  if (sets.length > 0) parameters.push(`sprop-parameter-sets=${sets.map(toBase64).join(',')}`);
  return parameters.join(';');
}

/** RTP Payload Format For AV1 §7.1; out of the configuration record. */
function av1Fmtp({ config }: Av1Track): string {
  const [, profileAndLevel = 0, flags = 0] = config;
  return `profile=${profileAndLevel >> 5};level-idx=${profileAndLevel & 0x1f};tier=${flags >> 7}`;
}

/** RFC 7798 §7.1. */
function h265Fmtp({ vps, sps, pps }: H265Track): string | undefined {
  const parameters: string[] = [];
  for (const [name, sets] of [
    ['sprop-vps', vps],
    ['sprop-sps', sps],
    ['sprop-pps', pps],
  ] as const) {
    if (sets.length > 0) parameters.push(`${name}=${sets.map(toBase64).join(',')}`);
  }
  return parameters.length === 0 ? undefined : parameters.join(';');
}
