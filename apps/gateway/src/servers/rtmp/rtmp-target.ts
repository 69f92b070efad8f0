import type { Credentials } from '../../access/door.ts';
import { passwordOf, tokenOf } from '../knock.ts';

/** What a client's application and stream name mean. */
export interface RtmpTarget {
  readonly cameraId: string;
  /** `quality` of the query: a rung of the camera's ladder. */
  readonly quality: string | undefined;
  /** `token`, or `user` and `pass`, of the query; `undefined`: such as nobody can have. */
  readonly credentials: Credentials | undefined;
}

const CAMERA_ID = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;
/** What Flash called the instance of an application that had only one. */
const INSTANCE = '_definst_';

/**
 * Takes `rtmp://host/live/CAM` and `rtmp://host/CAM`, however the client cut it into application and name, with a
 * query on either: encoders put keys there. Nothing of the query is kept but what is known.
 *
 * @returns `undefined` where no camera can have that name.
 */
export function parseRtmpTarget(app: string, name: string): RtmpTarget | undefined {
  const [appPath, appQuery] = cut(app);
  const [namePath, nameQuery] = cut(name);
  const segments = `${appPath}/${namePath}`.split('/').filter((part) => part !== '' && part !== INSTANCE);
  if (segments.length === 2 && segments[0] === 'live') segments.shift();
  const [cameraId = ''] = segments;
  if (segments.length !== 1 || !CAMERA_ID.test(cameraId)) return undefined;
  const parameters = new URLSearchParams([nameQuery, appQuery].filter((query) => query !== '').join('&'));
  return {
    cameraId,
    quality: parameters.get('quality') ?? undefined,
    credentials: credentialsOf(parameters),
  };
}

function credentialsOf(parameters: URLSearchParams): Credentials | undefined {
  // `jwt` is where viewers of a MediaMTX have their token.
  const token = parameters.get('token') ?? parameters.get('jwt');
  if (token !== null) return tokenOf(token);
  const user = parameters.get('user');
  return user === null ? { kind: 'none' } : passwordOf(user, parameters.get('pass') ?? '');
}

/** Path and query, which begins at the first question mark. */
function cut(text: string): [path: string, query: string] {
  const at = text.indexOf('?');
  return at === -1 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}
