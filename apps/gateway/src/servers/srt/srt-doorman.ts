import { ProtocolError } from '@vedette/media';
import {
  parseStreamId,
  type SrtCall,
  type SrtListener,
  type SrtReject,
  type SrtStreamRequest,
} from '@vedette/protocols';
import type { CameraDirectory, CameraView } from '../../cameras/directory.ts';
import type { SrtServerLimits } from './limits.ts';
import type { AccessAnswer, Authorize, PublishRefusal } from './ports.ts';
import { RateLimit } from './rate-limit.ts';

/** Where a call comes from. */
export interface Origin {
  readonly address: string;
  /** `address:port`, for people. */
  readonly peer: string;
}

/** What a caller may do. */
export type Admission =
  | { readonly type: 'view'; readonly camera: CameraView; readonly quality: string | undefined }
  | { readonly type: 'publish'; readonly cameraId: string };

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
  readonly authorize: Authorize;
  readonly limits: SrtServerLimits;
  /** Steady clock in milliseconds. */
  readonly now: () => number;
}

const PUBLISH_REJECTS: Readonly<Record<PublishRefusal['reason'], SrtReject>> = {
  unknown: 'notFound',
  notPublish: 'forbidden',
  busy: 'conflict',
};
const ACCESS_REJECTS = { unauthorized: 'unauthorized', forbidden: 'forbidden' } as const satisfies Record<
  Exclude<AccessAnswer, 'ok'>,
  SrtReject
>;

/** Decides who comes in: by passphrase, stream id, user, and whether there is such a camera. */
export class SrtDoorman {
  readonly #options: DoormanOptions;
  readonly #secrets: RateLimit;

  constructor(options: DoormanOptions) {
    this.#options = options;
    const { secretsPerSecond, secretsPerSecondPerAddress } = options.limits;
    this.#secrets = new RateLimit(secretsPerSecond, secretsPerSecondPerAddress);
  }

  /** Never rejects. */
  async decide(call: SrtCall, origin: Origin): Promise<Decision> {
    try {
      if (this.#isTooFast(origin)) return { type: 'later' };
      // First of all: without the passphrase nobody is told which cameras there are.
      const unlocked = this.#options.listener.unlock(call);
      if (typeof unlocked === 'string') return refuse(unlocked, SECRET_WORDS[unlocked] ?? unlocked);
      const request = parseStreamId(call.streamId);
      const refusal = await this.#checkUser(request, origin);
      if (refusal !== undefined) return refusal;
      const admission = request.action === 'publish' ? this.#publish(request) : this.#view(request);
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

  async #checkUser(
    { action, resource, user, password }: SrtStreamRequest,
    { address }: Origin,
  ): Promise<Decision | undefined> {
    const answer = await this.#options.authorize({
      action: action === 'publish' ? 'publish' : 'play',
      cameraId: resource,
      user,
      password,
      peerAddress: address,
    });
    return answer === 'ok' ? undefined : refuse(ACCESS_REJECTS[answer], 'the user may not do this');
  }

  #publish({ resource }: SrtStreamRequest): Admission | Extract<Decision, { type: 'refuse' }> {
    const verdict = this.#options.cameras.canPublish(resource);
    if (verdict.ok) return { type: 'publish', cameraId: resource };
    return refuse(PUBLISH_REJECTS[verdict.reason], verdict.message);
  }

  #view({ resource, quality }: SrtStreamRequest): Admission | Extract<Decision, { type: 'refuse' }> {
    const camera = this.#options.cameras.find(resource);
    if (camera === undefined) return refuse('notFound', 'there is no such camera');
    const { stream, state } = camera;
    if (stream.isLive || state.name === 'connecting' || state.name === 'idle') {
      return { type: 'view', camera, quality };
    }
    return refuse(
      'down',
      state.name === 'waiting'
        ? `nobody publishes to camera "${resource}" now`
        : `camera "${resource}" is offline`,
    );
  }
}

const SECRET_WORDS: Readonly<Partial<Record<SrtReject, string>>> = {
  badSecret: 'the passphrase is wrong',
  unsecure: 'one side has a passphrase and the other has none',
};

function refuse(reject: SrtReject, why: string): Extract<Decision, { type: 'refuse' }> {
  return { type: 'refuse', reject, why };
}
