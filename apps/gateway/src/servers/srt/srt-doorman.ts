import { ProtocolError } from '@vedette/media';
import {
  parseStreamId,
  type SrtCall,
  type SrtListener,
  type SrtReject,
  type SrtStreamRequest,
} from '@vedette/protocols';
import type { Admitted, Credentials, Door, Refusal } from '../../access/door.ts';
import type { Identity } from '../../access/identity.ts';
import type { CameraDirectory, CameraView } from '../../cameras/directory.ts';
import { plainAddress } from '../../net/plain-address.ts';
import { srtVersionName } from '../../net/srt/srt-link.ts';
import { isHidden, knockAt, passwordOf, tokenOf } from '../knock.ts';
import type { SrtServerLimits } from './limits.ts';
import type { PublishRefusal } from './ports.ts';
import { RateLimit } from './rate-limit.ts';

/** Where a call comes from. */
export interface Origin {
  readonly address: string;
  /** `address:port`, for people. */
  readonly peer: string;
}

/** What a caller may do. */
export type Admission = { readonly identity: Identity } & (
  | { readonly type: 'view'; readonly camera: CameraView; readonly quality: string | undefined }
  | { readonly type: 'publish'; readonly cameraId: string }
);

/** The keys of a connection, as the listener hands them out. */
export type ConnectionKeys = Parameters<SrtListener['accept']>[1];

export type Decision =
  | { readonly type: 'admit'; readonly admission: Admission; readonly keys: ConnectionKeys }
  /** `why` is for the log, the caller hears the number. */
  | { readonly type: 'refuse'; readonly reject: SrtReject; readonly why: string }
  /** Too many at once: the caller asks again in a moment by itself. */
  | { readonly type: 'later' };

export interface DoormanOptions {
  readonly listener: SrtListener;
  /** Whether callers must know one. */
  readonly hasPassphrase: boolean;
  readonly cameras: CameraDirectory;
  readonly door: Door;
  /** Aborts when the server closes. */
  readonly signal: AbortSignal;
  readonly limits: SrtServerLimits;
  /** Steady clock in milliseconds. */
  readonly now: () => number;
}

const PUBLISH_REJECTS: Readonly<Record<PublishRefusal['reason'], SrtReject>> = {
  unknown: 'notFound',
  notPublish: 'forbidden',
  busy: 'conflict',
};
/** Stands in the place of the user where the password is a token: `read:CAM:token:JWT`. */
const TOKEN_USER = 'token';

/** Decides who comes in: by passphrase, stream id, user, and whether there is such a camera. */
export class SrtDoorman {
  readonly #options: DoormanOptions;
  readonly #secrets: RateLimit;

  constructor(options: DoormanOptions) {
    this.#options = options;
    const { secretsPerSecond, secretsPerSecondPerAddress } = options.limits;
    this.#secrets = new RateLimit(secretsPerSecond, secretsPerSecondPerAddress);
  }

  /** Whatever is wrong with the call is a refusal. */
  async decide(call: SrtCall, origin: Origin): Promise<Decision> {
    try {
      if (this.#isTooFast(origin)) return { type: 'later' };
      // First of all: without the passphrase nobody is told which cameras there are.
      const unlocked = this.#options.listener.unlock(call);
      if (typeof unlocked === 'string') return refuse(unlocked, SECRET_WORDS[unlocked] ?? unlocked);
      const request = parseStreamId(call.streamId);
      const entry = await this.#knock(request, call, origin);
      if ('type' in entry) return entry;
      const { identity } = entry;
      const admission =
        request.action === 'publish' ? this.#publish(request, identity) : this.#view(request, identity);
      return admission.type === 'refuse' ? admission : { type: 'admit', admission, keys: unlocked.keys };
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      return refuse(error.code === 'ERR_SRT_STREAM_ID' ? 'badRequest' : 'rogue', error.message);
    }
  }

  /** Only where there is a passphrase to check does a call cost anything. */
  #isTooFast({ address }: Origin): boolean {
    const { hasPassphrase, now } = this.#options;
    return hasPassphrase && !this.#secrets.take(address, now());
  }

  async #knock(
    request: SrtStreamRequest,
    { capabilities }: SrtCall,
    origin: Origin,
  ): Promise<Admitted | Exclude<Decision, { type: 'admit' }>> {
    const { door, signal } = this.#options;
    const action = request.action === 'publish' ? 'publish' : 'view';
    const knock = {
      credentials: credentialsOf(request) ?? { kind: 'none' as const },
      peer: { address: plainAddress(origin.address), userAgent: srtVersionName(capabilities.version) },
      action,
      cameraId: request.resource,
      protocol: 'srt',
    } as const;
    const admission = await knockAt(door, knock, signal);
    if (admission === undefined) return { type: 'later' };
    return admission.ok ? admission : refuse(rejectOf(action, admission), wordsOf(action, admission));
  }

  #publish(
    { resource }: SrtStreamRequest,
    identity: Identity,
  ): Admission | Extract<Decision, { type: 'refuse' }> {
    const verdict = this.#options.cameras.canPublish(resource);
    if (verdict.ok) return { type: 'publish', cameraId: resource, identity };
    return refuse(PUBLISH_REJECTS[verdict.reason], verdict.message);
  }

  #view(
    { resource, quality }: SrtStreamRequest,
    identity: Identity,
  ): Admission | Extract<Decision, { type: 'refuse' }> {
    const camera = this.#options.cameras.find(resource);
    if (camera === undefined) return refuse('notFound', NO_CAMERA);
    const { stream, state } = camera;
    if (stream.isLive || state.name === 'connecting' || state.name === 'idle') {
      return { type: 'view', camera, quality, identity };
    }
    return refuse(
      'down',
      state.name === 'waiting'
        ? `nobody publishes to camera "${resource}" now`
        : `camera "${resource}" is offline`,
    );
  }
}

function credentialsOf({ user, password }: SrtStreamRequest): Credentials | undefined {
  if (user === undefined) return { kind: 'none' };
  return user === TOKEN_USER ? tokenOf(password ?? '') : passwordOf(user, password ?? '');
}

/** The number by which the caller hears of it. Who may not see a camera hears the same where there is none. */
function rejectOf(action: 'view' | 'publish', refusal: Refusal): SrtReject {
  switch (refusal.reason) {
    case 'unauthenticated':
      return 'unauthorized';
    case 'forbidden':
      return isHidden(action, refusal) ? 'notFound' : 'forbidden';
    case 'limited':
      return 'overload';
    case 'unavailable':
      return 'down';
  }
}

function wordsOf(action: 'view' | 'publish', refusal: Refusal): string {
  return isHidden(action, refusal) ? NO_CAMERA : refusal.message;
}

const NO_CAMERA = 'there is no such camera';

const SECRET_WORDS: Readonly<Partial<Record<SrtReject, string>>> = {
  badSecret: 'the passphrase is wrong',
  unsecure: 'one side has a passphrase and the other has none',
};

function refuse(reject: SrtReject, why: string): Extract<Decision, { type: 'refuse' }> {
  return { type: 'refuse', reject, why };
}
