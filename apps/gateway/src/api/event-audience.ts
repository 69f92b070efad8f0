import type { Camera as CameraJson, Push as PushJson, ServerToClientEvents } from '@vedette/contract';
import type { Identity } from '../access/identity.ts';
import type { Rights } from '../access/rights.ts';

/** Sends an event to every socket of the audience. */
export type TellAudience = <Name extends keyof ServerToClientEvents>(
  name: Name,
  ...message: Parameters<ServerToClientEvents[Name]>
) => void;

/** What changed since the last look. */
export interface EventNews {
  readonly cameras: readonly CameraJson[];
  readonly changed: readonly CameraJson[];
  readonly pushes: () => readonly PushJson[];
  readonly changedPushes: readonly PushJson[];
  readonly removedPushes: readonly PushJson[];
}

/**
 * All dashboards of one somebody: they see the same. What he may see is asked again at every look, for it depends on
 * the hour of the day too.
 */
export class EventAudience {
  readonly identity: Identity;
  readonly #rights: Pick<Rights, 'decide'>;
  #visible = new Set<string>();
  #seesPushes = false;

  constructor(identity: Identity, rights: Pick<Rights, 'decide'>) {
    this.identity = identity;
    this.#rights = rights;
  }

  /** He himself is no more: removed, disabled, revoked, expired. */
  get isGone(): boolean {
    return this.#rights.decide(this.identity, 'monitor') === 'gone';
  }

  /** What one socket is told when it comes. */
  greet(tell: TellAudience, cameras: readonly CameraJson[], pushes: () => readonly PushJson[]): void {
    this.#look(cameras);
    tell(
      'cameras',
      cameras.filter(({ id }) => this.#visible.has(id)),
    );
    tell('pushes', this.#seesPushes ? [...pushes()] : []);
  }

  /** Tells what is news to him. */
  tell(tell: TellAudience, { cameras, changed, pushes, changedPushes, removedPushes }: EventNews): void {
    const sawPushes = this.#seesPushes;
    const before = this.#look(cameras);
    const isChanged = new Set(changed.map(({ id }) => id));
    for (const camera of cameras) {
      const { id } = camera;
      if (this.#visible.has(id) && (!before.has(id) || isChanged.has(id))) tell('camera', camera);
    }
    for (const id of before) if (!this.#visible.has(id)) tell('camera_removed', { id });
    if (sawPushes !== this.#seesPushes) tell('pushes', this.#seesPushes ? [...pushes()] : []);
    else if (this.#seesPushes) {
      for (const push of changedPushes) tell('push', push);
      for (const { cameraId, id } of removedPushes) tell('push_removed', { cameraId, id });
    }
  }

  /** @returns what he saw before. */
  #look(cameras: readonly CameraJson[]): ReadonlySet<string> {
    const before = this.#visible;
    const seen = cameras.filter(({ id }) => this.#rights.decide(this.identity, 'view', id) === 'yes');
    this.#visible = new Set(seen.map(({ id }) => id));
    this.#seesPushes = this.#rights.decide(this.identity, 'monitor') === 'yes';
    return before;
  }
}
