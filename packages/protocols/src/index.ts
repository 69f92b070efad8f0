export * from './rtcp/packets.ts';
export * from './rtcp/rtcp.ts';
export {
  burstPacket,
  burstPacketCount,
  INTERLEAVED_PREFIX_LENGTH,
  RTSP_MAX_PACKET_LENGTH,
  WEBRTC_MAX_PACKET_LENGTH,
} from './rtp/burst.ts';
export type { RtpBurst } from './rtp/burst.ts';
export * from './rtp/create-depacketizer.ts';
export * from './rtp/depacketizer.ts';
export * from './rtp/format-parameters.ts';
export * from './rtp/header-extension.ts';
export * from './rtp/nack-schedule.ts';
export * from './rtp/packet.ts';
export * from './rtp/packetizer.ts';
export * from './rtp/reorder-buffer.ts';
export * from './rtp/retransmission.ts';
export * from './rtp/statistics.ts';
export * from './rtp/transport-arrivals.ts';
export * from './sdp/parse-sdp.ts';
export * from './sdp/rtsp-sdp.ts';
export * from './sdp/sdp-tracks.ts';
export * from './sdp/serialize-sdp.ts';
export * from './sdp/session-description.ts';
export * from './sdp/track-format.ts';
export * from './rtmp/index.ts';
export * from './rtsp/index.ts';
export * from './hls/index.ts';
export * from './multipart/index.ts';
export * from './whip/index.ts';
export * from './srt/index.ts';
