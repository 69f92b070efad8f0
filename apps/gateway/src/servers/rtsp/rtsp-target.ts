import { ProtocolError } from '@vedette/media';
import { parseRtspUrl } from '@vedette/protocols';

/** What a request's URL names. */
export interface RtspTarget {
  readonly cameraId: string;
  /** What stands behind the camera: `trackID=0` and the like; `undefined` for the whole presentation. */
  readonly control: string | undefined;
  /** `token` of the query. */
  readonly token: string | undefined;
  /** `quality` of the query: a rung of the camera's ladder. */
  readonly quality: string | undefined;
}

const CAMERA_ID = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;

/**
 * Takes `rtsp://host/CAM`, `/live/CAM`, with or without a trailing slash, a control, a query. Players append
 * the control to the whole URL, so it may stand behind the query.
 *
 * @returns `undefined` where no camera can have that name.
 * @throws {ProtocolError} `ERR_RTSP_URL`: no RTSP address at all.
 */
export function parseTarget(url: string): RtspTarget | undefined {
  const { target } = parseRtspUrl(url);
  const [path = '', ...rest] = target.split('?');
  const query = rest.join('?');
  const appended = /\/([A-Za-z]+=\d+)?$/.exec(query);
  const segments = path.split('/').filter((segment) => segment !== '');
  if (segments[0] === 'live' && CAMERA_ID.test(segments[1] ?? '')) segments.shift();
  const [cameraId = '', ...controls] = segments;
  if (!CAMERA_ID.test(cameraId)) return undefined;
  const control = [...controls, ...(appended?.[1] === undefined ? [] : [appended[1]])].join('/');
  return {
    cameraId,
    control: control === '' ? undefined : control,
    ...readQuery(appended === null ? query : query.slice(0, appended.index)),
  };
}

function readQuery(query: string): Pick<RtspTarget, 'token' | 'quality'> {
  const parameters = new URLSearchParams(query);
  return {
    // Where viewers of a MediaMTX have their token.
    token: parameters.get('token') ?? parameters.get('jwt') ?? undefined,
    quality: parameters.get('quality') ?? undefined,
  };
}

/** Whether two URLs name the same camera; what is signed in digest authentication may lack its host. */
export function isSameCamera(uri: string, url: string): boolean {
  const camera = findTarget(uri.startsWith('/') ? `rtsp://host${uri}` : uri)?.cameraId;
  return camera !== undefined && camera === findTarget(url)?.cameraId;
}

/** As `parseTarget`; what is no RTSP address names nothing. */
export function findTarget(url: string): RtspTarget | undefined {
  try {
    return parseTarget(url);
  } catch (error) {
    if (error instanceof ProtocolError) return undefined;
    throw error;
  }
}

/** The URL of the presentation that relative controls are appended to; ends in a slash (RFC 2326 §C.1.1). */
export function contentBase(url: string): string {
  return url.endsWith('/') ? url : `${url}/`;
}

/** The place of the track that `trackID=N` names; `undefined` for anything else. */
export function trackIdOf(control: string): number | undefined {
  const digits = /^trackID=(\d{1,3})$/i.exec(control)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/**
 * The place of the media that a publisher's SETUP names: by its `a=control`, which may be a whole URL, else by
 * the number at its end.
 */
export function mediaIndexOf(control: string, controls: readonly (string | undefined)[]): number | undefined {
  const exact = controls.findIndex((known) => known !== undefined && controlPart(known) === control);
  if (exact !== -1) return exact;
  const index = Number(/=(\d{1,3})$/.exec(control)?.[1] ?? Number.NaN);
  return index < controls.length ? index : undefined;
}

function controlPart(control: string): string | undefined {
  if (!/^rtsps?:/i.test(control)) return control.replace(/^\/+|\/+$/g, '');
  return findTarget(control)?.control;
}
