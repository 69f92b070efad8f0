import type { CameraAction, MediaUrls } from '@vedette/contract';

/** What is switched on, and where it listens. */
export interface OfferedMedia {
  readonly webrtc: boolean;
  readonly hls: boolean;
  readonly rtsp?: { readonly scheme: 'rtsp' | 'rtsps'; readonly port: number } | undefined;
  readonly rtmp?: { readonly scheme: 'rtmp' | 'rtmps'; readonly port: number } | undefined;
  readonly srt?: { readonly port: number } | undefined;
}

/** By which address the client came: others are made of it. */
export interface ReachedBy {
  readonly scheme: string;
  /** Name or address; IPv6 in brackets. */
  readonly hostname: string;
  /** With the port. */
  readonly host: string;
}

/** The addresses of a camera by a token or a key that allows `actions`. */
export function mediaUrls(
  cameraId: string,
  credential: string,
  actions: readonly CameraAction[],
  reached: ReachedBy,
  offered: OfferedMedia,
): MediaUrls {
  const mayView = actions.includes('view');
  const web = (path: string, isOffered = true): string | null =>
    mayView && isOffered ? `${webBase(cameraId, reached)}${path}?token=${credential}` : null;
  return {
    page: web(''),
    whep: web('/whep', offered.webrtc),
    hls: web('/index.m3u8', offered.hls),
    mse: web('/mse')?.replace(/^http/, 'ws') ?? null,
    mjpeg: web('/stream.mjpeg'),
    snapshot: web('/snapshot.jpg'),
    rtsp: mayView ? rtspUrl(cameraId, credential, reached, offered) : null,
    rtmp: mayView ? rtmpUrl(cameraId, credential, reached, offered) : null,
    srt: mayView ? srtUrl('read', cameraId, credential, reached, offered) : null,
    publish: actions.includes('publish') ? publishUrls(cameraId, credential, reached, offered) : null,
  };
}

/** Where an encoder sends a camera to. */
export function publishUrls(
  cameraId: string,
  credential: string,
  reached: ReachedBy,
  offered: OfferedMedia,
): NonNullable<MediaUrls['publish']> {
  return {
    rtsp: rtspUrl(cameraId, credential, reached, offered),
    rtmp: rtmpUrl(cameraId, credential, reached, offered),
    srt: srtUrl('publish', cameraId, credential, reached, offered),
    whip: offered.webrtc ? `${webBase(cameraId, reached)}/whip?token=${credential}` : null,
  };
}

function webBase(cameraId: string, { scheme, host }: ReachedBy): string {
  return `${scheme}://${host}/live/${cameraId}`;
}

function rtspUrl(
  cameraId: string,
  credential: string,
  { hostname }: ReachedBy,
  { rtsp }: OfferedMedia,
): string | null {
  if (rtsp === undefined) return null;
  return `${rtsp.scheme}://${hostname}:${rtsp.port}/${cameraId}?token=${credential}`;
}

function rtmpUrl(
  cameraId: string,
  credential: string,
  { hostname }: ReachedBy,
  { rtmp }: OfferedMedia,
): string | null {
  if (rtmp === undefined) return null;
  return `${rtmp.scheme}://${hostname}:${rtmp.port}/live/${cameraId}?token=${credential}`;
}

function srtUrl(
  verb: 'read' | 'publish',
  cameraId: string,
  credential: string,
  { hostname }: ReachedBy,
  { srt }: OfferedMedia,
): string | null {
  if (srt === undefined) return null;
  return `srt://${hostname}:${srt.port}?streamid=${verb}:${cameraId}:token:${credential}`;
}
