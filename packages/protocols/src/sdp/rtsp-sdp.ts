import type { Track } from '@vedette/media';
import { rtspPayloadType } from '../rtp/packetizer.ts';
import { serializeSdp } from './serialize-sdp.ts';
import type { MediaToWrite } from './serialize-sdp.ts';
import type { SdpAttribute } from './session-description.ts';
import { fmtpOf, rtpmapOf } from './track-format.ts';

export interface RtspSdpOptions {
  /** `s=`, what players show. */
  readonly name: string;
  /** `o=` session id, digits. */
  readonly sessionId: string;
  /** Address of this server in `o=`; IPv4 or IPv6. */
  readonly address: string;
}

/** `a=control` of a track, relative to the stream's address. */
export function rtspTrackControl(track: Track): string {
  return `trackID=${track.id}`;
}

/**
 * The description our RTSP server answers DESCRIBE with: a live stream (`npt=now-`, RFC 2326 §C.1.5),
 * one section a track, parameter sets included.
 */
export function serializeRtspSdp(tracks: readonly Track[], options: RtspSdpOptions): string {
  const isIpv6 = options.address.includes(':');
  return serializeSdp({
    origin: {
      username: '-',
      sessionId: options.sessionId,
      sessionVersion: '1',
      addressType: isIpv6 ? 'IP6' : 'IP4',
      address: options.address,
    },
    name: options.name,
    connection: isIpv6 ? '::' : '0.0.0.0',
    attributes: [
      { name: 'control', value: '*' },
      { name: 'range', value: 'npt=now-' },
    ],
    medias: tracks.map(rtspMedia),
  });
}

function rtspMedia(track: Track): MediaToWrite {
  const payloadType = rtspPayloadType(track);
  const attributes: SdpAttribute[] = [{ name: 'rtpmap', value: `${payloadType} ${rtpmapOf(track)}` }];
  const fmtp = fmtpOf(track);
  if (fmtp !== undefined) attributes.push({ name: 'fmtp', value: `${payloadType} ${fmtp}` });
  if (track.kind === 'video' && track.video.frameRate !== undefined) {
    attributes.push({ name: 'framerate', value: String(Number(track.video.frameRate.toFixed(3))) });
  }
  attributes.push({ name: 'control', value: rtspTrackControl(track) });
  return { kind: track.kind, port: 0, protocol: 'RTP/AVP', formats: [payloadType], attributes };
}
