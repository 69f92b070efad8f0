export { parseRtmpCodecs, type RtmpCodecs } from './capabilities.ts';
export { RtmpChunkReader } from './chunk-reader.ts';
export { serializeRtmpMessage, type RtmpOutgoing } from './chunk-writer.ts';
export {
  RTMP_CLIENT_CHUNK_SIZE,
  RtmpClientSession,
  type RtmpAgreement,
  type RtmpClientHandlers,
} from './client-session.ts';
export { RTMP_LIMITS } from './limits.ts';
export { RtmpChunkStream, RtmpMessageType, type RtmpMessage } from './messages.ts';
export { parseRtmpUrl, type RtmpUrl } from './rtmp-url.ts';
export {
  RTMP_SERVER_CHUNK_SIZE,
  RTMP_STREAM_ID,
  RtmpServerSession,
  type RtmpRequest,
  type RtmpServerHandlers,
  type RtmpServerState,
} from './server-session.ts';
