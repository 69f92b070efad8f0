import type { Camera as CameraJson, Push as PushJson, ServerToClientEvents } from '@vedette/contract';
import type { Identity } from '../access/identity.ts';
import type { Rights } from '../access/rights.ts';
import { visibleCameras } from '../access/visible-cameras.ts';

/** Sends an event to every socket of the audience. */
export type TellAudience = <Name extends keyof ServerToClientEvents>(
  name: Name,
  ...message: Parameters<ServerToClientEvents[Name]>
) => void;

/** What there is, and what of it has changed since the last look. */
export interface EventNews {
  readonly cameras: readonly CameraJson[];
  readonly changed: readonly CameraJson[];
  readonly pushes: readonly PushJson[];
  readonly changedPushes: readonly PushJson[];
}

/**
 * All dashboards of one somebody: they see the same. What he may see is asked again at every look, for it depends on
 * the hour of the day too.
 */
export class EventAudience {
  readonly identity: Identity;
  readonly #rights: Pick<Rights, 'decide'>;
  /** Ids of the cameras that its sockets know of. */
  #cameras: ReadonlySet<string> = new Set();
  /** The pushes that they know of; `undefined`: they are none of their business. */
  #pushes: ReadonlyMap<string, PushJson> | undefined;

  constructor(identity: Identity, rights: Pick<Rights, 'decide'>) {
    this.identity = identity;
    this.#rights = rights;
  }

  /** He himself is no more: removed, disabled, revoked, expired. */
  get isGone(): boolean {
    return this.#rights.decide(this.identity, 'monitor') === 'gone';
  }

  /** What a socket is told when it comes. Those that are there already have to be told the news before. */
  greet(tell: TellAudience, { cameras, pushes }: Pick<EventNews, 'cameras' | 'pushes'>): void {
    const visible = this.#visible(cameras);
    this.#cameras = idsOf(visible);
    this.#pushes = this.#seesPushes ? byKey(pushes) : undefined;
    tell('cameras', visible);
    tell('pushes', [...(this.#pushes?.values() ?? [])]);
  }

  /** Tells what is news to its sockets. */
  tell(tell: TellAudience, { cameras, changed, pushes, changedPushes }: EventNews): void {
    const known = this.#cameras;
    const visible = this.#visible(cameras);
    this.#cameras = idsOf(visible);
    const news = idsOf(changed);
    for (const camera of visible) if (news.has(camera.id) || !known.has(camera.id)) tell('camera', camera);
    for (const id of known) if (!this.#cameras.has(id)) tell('camera_removed', { id });
    this.#tellPushes(tell, pushes, changedPushes);
  }

  #tellPushes(tell: TellAudience, pushes: readonly PushJson[], changed: readonly PushJson[]): void {
    const known = this.#pushes;
    this.#pushes = this.#seesPushes ? byKey(pushes) : undefined;
    if (known === undefined || this.#pushes === undefined) {
      if (known !== this.#pushes) tell('pushes', [...(this.#pushes?.values() ?? [])]);
      return;
    }
    const news = byKey(changed);
    for (const [key, push] of this.#pushes) if (news.has(key) || !known.has(key)) tell('push', push);
    for (const [key, { cameraId, id }] of known) {
      if (!this.#pushes.has(key)) tell('push_removed', { cameraId, id });
    }
  }

  get #seesPushes(): boolean {
    return this.#rights.decide(this.identity, 'monitor') === 'yes';
  }

  #visible(cameras: readonly CameraJson[]): CameraJson[] {
    return visibleCameras(this.#rights, this.identity, cameras);
  }
}

function idsOf(cameras: readonly CameraJson[]): ReadonlySet<string> {
  return new Set(cameras.map(({ id }) => id));
}

function byKey(pushes: readonly PushJson[]): ReadonlyMap<string, PushJson> {
  return new Map(pushes.map((push) => [`${push.cameraId}/${push.id}`, push]));
}
