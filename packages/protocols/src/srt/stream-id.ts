import { ProtocolError } from '@vedette/media';
import { SRT_LIMITS } from './limits.ts';

/** What a caller asks of a listener by its stream id. */
export interface SrtStreamRequest {
  readonly action: 'read' | 'publish';
  /** Name of the camera. */
  readonly resource: string;
  readonly user: string | undefined;
  readonly password: string | undefined;
  /** The rung of the ladder that is wanted; the source where absent. */
  readonly quality: string | undefined;
}

const STANDARD_PREFIX = '#!::';

/**
 * Parses a stream id: `read:CAM[:user:password]`, `publish:CAM[:…]`, the standard form
 * `#!::r=CAM,m=request|publish,u=user,s=password,quality=rung` (Haivision's AccessControl.md), or `CAM` alone, which reads.
 * Takes it percent-encoded too, as tools that do not decode their address send it.
 *
 * @throws {ProtocolError} `ERR_SRT_STREAM_ID`: empty, too long, or in no form that is known.
 */
export function parseStreamId(streamId: string): SrtStreamRequest {
  if (streamId.length > SRT_LIMITS.streamIdBytes) throw bad('it is too long');
  const text = decode(streamId);
  if (text.startsWith('#!')) return parseStandard(text);
  const parts = text.split(':');
  const [first = '', resource = '', user, ...password] = parts;
  if (parts.length === 1) return { ...NOBODY, action: 'read', resource: nonEmpty(bare(first)) };
  const action = ACTIONS[first.toLowerCase()];
  if (action === undefined) throw bad('it begins with neither "read:" nor "publish:"');
  return {
    action,
    resource: nonEmpty(bare(resource)),
    user: user === '' ? undefined : user,
    password: password.length === 0 ? undefined : password.join(':'),
    quality: undefined,
  };
}

const NOBODY = { user: undefined, password: undefined, quality: undefined };

const ACTIONS: Readonly<Record<string, 'read' | 'publish' | undefined>> = {
  read: 'read',
  request: 'read',
  play: 'read',
  publish: 'publish',
};

function parseStandard(text: string): SrtStreamRequest {
  if (!text.startsWith(STANDARD_PREFIX)) throw bad('of the standard forms only "#!::" is understood');
  const fields = new Map<string, string>();
  for (const pair of text.slice(STANDARD_PREFIX.length).split(',')) {
    const equals = pair.indexOf('=');
    if (equals > 0) fields.set(pair.slice(0, equals).trim(), pair.slice(equals + 1));
  }
  const action = ACTIONS[fields.get('m') ?? 'request'];
  if (action === undefined) throw bad('m is neither "request" nor "publish"');
  return {
    action,
    resource: nonEmpty(bare(fields.get('r') ?? '')),
    user: fields.get('u'),
    password: fields.get('s'),
    quality: fields.get('quality'),
  };
}

/** `live/CAM` and `/CAM`, as the other protocols' addresses have it. */
function bare(resource: string): string {
  return resource.replace(/^\/+/, '').replace(/^live\/(?=.)/, '');
}

function nonEmpty(resource: string): string {
  if (resource === '') throw bad('it names no camera');
  return resource;
}

function decode(text: string): string {
  if (!text.includes('%')) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // a percent sign that stands for itself
  }
}

/** The stream id itself is not repeated: it may hold a password. */
function bad(why: string): ProtocolError {
  return new ProtocolError(
    'ERR_SRT_STREAM_ID',
    `the stream id cannot be used: ${why}; expected read:CAMERA, publish:CAMERA or #!::r=CAMERA,m=request`,
  );
}
