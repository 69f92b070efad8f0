import { rtspResponse, serializeRtspSdp, type RtspRequest, type RtspResponse } from '@vedette/protocols';
import type { CameraDirectory, CameraView } from '../../cameras/directory.ts';
import type { RtspServerLimits } from './limits.ts';
import type { RtspPeer } from './rtsp-peer.ts';
import { contentBase } from './rtsp-target.ts';

/**
 * The camera `id`, live; one that is connecting is waited for.
 *
 * @returns why not, in words, where there is none.
 */
export async function findLive(
  cameras: CameraDirectory,
  id: string,
  limits: Pick<RtspServerLimits, 'describeWaitMs'>,
  signal: AbortSignal,
): Promise<CameraView | string> {
  const camera = cameras.find(id);
  if (camera === undefined) return `there is no camera "${id}"`;
  if (camera.stream.isLive) return camera;
  const hasHope = camera.state.name === 'connecting' || camera.state.name === 'idle';
  if (hasHope) {
    try {
      await camera.stream.live(AbortSignal.any([signal, AbortSignal.timeout(limits.describeWaitMs)]));
      return camera;
    } catch {
      // Still away, or gone for good: its state says which.
    }
  }
  return absence(camera);
}

function absence({ id, state }: CameraView): string {
  switch (state.name) {
    case 'waiting':
      return `nobody publishes to camera "${id}" now`;
    case 'offline':
      return `camera "${id}" is offline: ${state.reason}`;
    default:
      return `camera "${id}" is not connected yet`;
  }
}

/** Answers DESCRIBE (RFC 2326 §10.2). */
export function describe(request: RtspRequest, { id, stream }: CameraView, peer: RtspPeer): RtspResponse {
  const accepted = request.headers.getAll('Accept').join(',');
  if (accepted !== '' && !/application\/(?:sdp|\*)|\*\/\*/i.test(accepted)) return rtspResponse(request, 406);
  const description = serializeRtspSdp(stream.tracks, {
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
