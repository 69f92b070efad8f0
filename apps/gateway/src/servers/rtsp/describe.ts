import { rtspResponse, serializeRtspSdp, type RtspRequest, type RtspResponse } from '@vedette/protocols';
import type { CameraDirectory, CameraView } from '../../cameras/directory.ts';
import type { Stream } from '../../stream/stream.ts';
import type { RtspServerLimits } from './limits.ts';
import type { FitStream } from './ports.ts';
import type { RtspPeer } from './rtsp-peer.ts';
import { contentBase, type RtspTarget } from './rtsp-target.ts';

/** What live media is served from. */
export interface LiveMedia {
  readonly cameras: CameraDirectory;
  readonly fit: FitStream;
  readonly limits: Pick<RtspServerLimits, 'describeWaitMs'>;
}

/**
 * The media of the camera that a URL names, live, as RTSP can carry it; what is being connected or made is waited
 * for.
 *
 * @returns why not, in words, where there is none.
 * @throws {ProtocolError} `ERR_QUALITY_UNKNOWN`.
 */
export async function findLive(
  { cameras, fit, limits }: LiveMedia,
  { cameraId, quality }: Pick<RtspTarget, 'cameraId' | 'quality'>,
  signal: AbortSignal,
): Promise<Stream | string> {
  const camera = cameras.find(cameraId);
  if (camera === undefined) return `there is no camera "${cameraId}"`;
  const { stream, state } = camera;
  const hasHope = stream.isLive || state.name === 'connecting' || state.name === 'idle';
  if (!hasHope || !(await becomesLive(stream, limits, signal))) return absence(camera);
  const fitted = fit(stream, quality);
  if (await becomesLive(fitted, limits, signal)) return fitted;
  return `the media of camera "${cameraId}" cannot be made ready now`;
}

async function becomesLive(
  stream: Stream,
  { describeWaitMs }: LiveMedia['limits'],
  signal: AbortSignal,
): Promise<boolean> {
  if (stream.isLive) return true;
  try {
    await stream.live(AbortSignal.any([signal, AbortSignal.timeout(describeWaitMs)]));
    return true;
  } catch {
    return false; // still away, or gone for good: the camera's state says which
  }
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
