import { pushConfig, pushIdAt, type NewPush, type PushConfig } from '@vedette/contract';
import { ProtocolError } from '@vedette/media';
import { randomBytes } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { Camera } from '../cameras/camera.ts';
import { networkGuard, publicGuard } from '../net/guarded-lookup.ts';
import type { Logger } from '../observability/logger.ts';
import type { Carriage } from '../transcode/carriage.ts';
import type { StreamFitter } from '../transcode/fitter.ts';
import { Push } from './push.ts';
import type { PushTarget } from './push-target.ts';
import type { PushFacts } from './push-triggers.ts';
import { redactDestination } from './redact-destination.ts';

const INTERVAL_MS = 1000;
const MAX_PER_CAMERA = 32;

/** A destination, and what can be sent to it. */
export interface PushRoute {
  readonly target: PushTarget;
  readonly carriage: Carriage;
}

export interface PushSetOptions {
  readonly cameras: { find(id: string): Camera | undefined };
  /** Sessions that watch a camera. */
  readonly viewers: (cameraId: string) => number;
  /** The way to an address, which is one of the contract's schemes. */
  readonly route: (address: string) => PushRoute;
  readonly fitter: StreamFitter;
  /** Whether pushes made by the API may lead into private networks. */
  readonly privateNetworks: boolean;
  readonly logger: Logger;
}

interface Entry {
  readonly push: Push;
  /** The camera it was made for: one of the same name that came later has its own. */
  readonly camera: Camera;
}

/** All pushes of this process: those of the configuration and those made by the API. */
export class PushSet {
  readonly #options: PushSetOptions;
  /** In the order they were declared. */
  #entries: readonly Entry[] = [];
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(options: PushSetOptions) {
    this.#options = options;
  }

  /**
   * Makes the pushes of the configuration what `declared` says, by camera; to be called when the cameras are. What
   * did not change is not touched; pushes made by the API stay as long as their camera.
   */
  async apply(declared: Readonly<Record<string, readonly PushConfig[]>>): Promise<void> {
    if (this.#isClosed) return;
    this.#timer ??= setInterval(() => this.#considerAll(), INTERVAL_MS).unref();
    const closing = this.#dropOrphans();
    const wanted = Object.entries(declared).flatMap(([cameraId, pushes]) =>
      pushes.map((config, index) => ({ cameraId, config, id: pushIdAt(config, index) })),
    );
    const kept = this.#entries.filter(({ push }) => {
      const same = wanted.find(({ cameraId, id }) => cameraId === push.cameraId && id === push.id);
      if (push.origin === 'api') return same === undefined;
      return same !== undefined && isDeepStrictEqual(same.config, push.config);
    });
    closing.push(
      ...this.#entries.filter((entry) => !kept.includes(entry)).map(async ({ push }) => push.close()),
    );
    this.#entries = kept;
    for (const { cameraId, id, config } of wanted) {
      const camera = this.#options.cameras.find(cameraId);
      if (camera !== undefined && this.find(cameraId, id) === undefined)
        this.#add(camera, id, config, 'file');
    }
    await Promise.all(closing);
  }

  list(cameraId?: string): Push[] {
    return this.#entries
      .map(({ push }) => push)
      .filter((push) => push.cameraId === (cameraId ?? push.cameraId));
  }

  find(cameraId: string, id: string): Push | undefined {
    return this.#entries.find(({ push }) => push.cameraId === cameraId && push.id === id)?.push;
  }

  /**
   * Adds a push for the time the process lives.
   *
   * @throws {ProtocolError} `ERR_PUSH_EXISTS`, `ERR_PUSH_TOO_MANY`.
   */
  add(camera: Camera, wanted: NewPush): Push {
    const { name, ...rest } = pushConfig.parse(wanted);
    const id = name ?? `api-${randomBytes(4).toString('hex')}`;
    if (this.find(camera.id, id) !== undefined) {
      throw new ProtocolError('ERR_PUSH_EXISTS', `camera "${camera.id}" has a push "${id}" already`);
    }
    if (this.#isClosed || this.list(camera.id).length >= MAX_PER_CAMERA) {
      throw new ProtocolError('ERR_PUSH_TOO_MANY', `a camera has at most ${MAX_PER_CAMERA} pushes`);
    }
    return this.#add(camera, id, { ...rest, name: id }, 'api');
  }

  /** Starts or stops one. */
  set(push: Push, isEnabled: boolean): void {
    const entry = this.#entries.find((each) => each.push === push);
    if (entry !== undefined) push.set(isEnabled, this.#factsOf(entry.camera));
  }

  /**
   * Takes away one that was made by the API.
   *
   * @throws {ProtocolError} `ERR_PUSH_DECLARED`: it is in the configuration.
   */
  async remove(push: Push): Promise<void> {
    if (push.origin === 'file') {
      throw new ProtocolError(
        'ERR_PUSH_DECLARED',
        `push "${push.id}" is in the configuration file: take it out there, or stop it by {"enabled": false}`,
      );
    }
    this.#entries = this.#entries.filter((entry) => entry.push !== push);
    await push.close();
  }

  /** Ends them all. Safe to call twice. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#timer);
    const entries = this.#entries;
    this.#entries = [];
    await Promise.all(entries.map(async ({ push }) => push.close()));
  }

  #add(camera: Camera, id: string, config: PushConfig, origin: Push['origin']): Push {
    const { route, fitter, privateNetworks, logger } = this.#options;
    const push = new Push({
      id,
      cameraId: camera.id,
      config,
      origin,
      stream: camera.stream,
      ...route(config.to),
      guard: origin === 'file' || privateNetworks ? networkGuard : publicGuard,
      fitter,
      logger: logger.child({ camera: camera.id, push: id, to: redactDestination(config.to) }),
    });
    this.#entries = [...this.#entries, { push, camera }];
    push.consider(this.#factsOf(camera));
    return push;
  }

  #considerAll(): void {
    for (const closing of this.#dropOrphans()) void closing;
    for (const { push, camera } of this.#entries) push.consider(this.#factsOf(camera));
  }

  /** Closes the pushes of cameras that are gone. */
  #dropOrphans(): Promise<void>[] {
    const isOrphan = ({ push, camera }: Entry): boolean =>
      this.#options.cameras.find(push.cameraId) !== camera;
    const orphans = this.#entries.filter(isOrphan);
    if (orphans.length === 0) return [];
    this.#entries = this.#entries.filter((entry) => !isOrphan(entry));
    return orphans.map(async ({ push }) => push.close());
  }

  #factsOf({ id, stream, config }: Camera): PushFacts {
    return {
      isLive: stream.isLive,
      isOnDemand: config.onDemand,
      viewers: this.#options.viewers(id),
    };
  }
}
