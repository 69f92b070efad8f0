import { rtspResponse, serializeRtspSdp, type RtspRequest, type RtspResponse } from '@vedette/protocols';
import type { Stream } from '../../stream/stream.ts';
import type { RtspPeer } from './rtsp-peer.ts';
import { contentBase } from './rtsp-target.ts';

/** Answers DESCRIBE (RFC 2326 §10.2). */
export function describe(request: RtspRequest, { id, tracks }: Stream, peer: RtspPeer): RtspResponse {
  const accepted = request.headers.getAll('Accept').join(',');
  if (accepted !== '' && !/application\/(?:sdp|\*)|\*\/\*/i.test(accepted)) return rtspResponse(request, 406);
  const description = serializeRtspSdp(tracks, {
    name: id,
    sessionId: Date.now().toString(),
    address: peer.localAddress === '' ? '127.0.0.1' : peer.localAddress,
  });
  return rtspResponse(
    request,
    200,
    { 'Content-Base': contentBase(request.url), 'Content-Type': 'application/sdp' },
    new TextEncoder().encode(description),
  );
}
