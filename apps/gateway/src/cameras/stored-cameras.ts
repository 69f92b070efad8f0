import { cameraConfig, type CameraChange, type CameraConfig, type newCamera } from '@vedette/contract';
import { isDeepStrictEqual } from 'node:util';
import type { z } from 'zod';
import type { AuditAction, AuditTrail } from '../access/audit-entry.ts';
import { identityName } from '../access/identity.ts';
import { NotPossibleError } from '../access/people/not-possible-error.ts';
import { Turns } from '../access/people/turns.ts';
import type { Actor } from '../access/people/actor.ts';
import type { Secrets } from '../access/secrets.ts';
import type { AddressGuard } from '../net/guarded-lookup.ts';
import type { Logger } from '../observability/logger.ts';
import type { CamerasTable } from '../store/schema.ts';
import { type Store, StoreConstraintError } from '../store/store.ts';
import { changedConfig, refusedHost, shownConfig } from './camera-addresses.ts';
import type { CameraSet } from './camera-set.ts';

export interface StoredCamerasOptions {
  readonly store: Pick<Store, 'db'>;
  readonly secrets: Pick<Secrets, 'seal' | 'open'>;
  readonly cameras: Pick<CameraSet, 'applyStored' | 'managedBy'>;
  /** Where they may be. */
  readonly guard: AddressGuard;
  readonly audit: AuditTrail;
  readonly logger: Logger;
  /** Told before one is removed: what was granted for it must not hold for a later one of the same name. */
  readonly beforeRemove: (id: string) => Promise<void>;
  readonly now?: () => number;
}

/** A camera that was made by the API. */
export interface StoredCamera {
  readonly config: CameraConfig;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
}

type WantedCamera = z.output<typeof newCamera>;

const MAX_STORED = 5000;

/** What belongs to one camera opens for no other. */
const purpose = (id: string): string => `camera.config ${id}`;

/**
 * The cameras made by the API: sealed in the store, as their addresses hold passwords, and run beside those of the
 * file. A name that the file uses is the file's.
 */
export class StoredCameras {
  readonly #options: StoredCamerasOptions;
  readonly #db: Store['db'];
  readonly #now: () => number;
  readonly #turns = new Turns();
  readonly #byId = new Map<string, StoredCamera>();

  constructor(options: StoredCamerasOptions) {
    this.#options = options;
    this.#db = options.store.db;
    this.#now = options.now ?? Date.now;
  }

  /**
   * Reads them; to be called once. They run from the first {@link apply} on.
   *
   * @throws {SecretsError} they were sealed with another key.
   */
  async load(): Promise<void> {
    const { secrets, logger } = this.#options;
    const rows = await this.#db.selectFrom('cameras').selectAll().execute();
    for (const { id, configSealed, createdAt, updatedAt } of rows) {
      const parsed = cameraConfig.safeParse(JSON.parse(secrets.open(configSealed, purpose(id))));
      if (parsed.success) {
        this.#byId.set(id, { config: parsed.data, createdAtMs: createdAt, updatedAtMs: updatedAt });
      } else {
        const [issue] = parsed.error.issues;
        logger.error(
          { camera: id, why: issue?.message },
          'a camera made by the API cannot be read: it is left out',
        );
      }
    }
  }

  /** Runs them, as they are now; to be called once the cameras of the file are there. */
  async apply(): Promise<void> {
    const configs = [...this.#byId].map(([id, { config }]) => [id, config] as const);
    await this.#options.cameras.applyStored(Object.fromEntries(configs));
  }

  get(id: string): StoredCamera | undefined {
    return this.#byId.get(id);
  }

  /** @throws {NotPossibleError} `ERR_CAMERA_EXISTS`, `ERR_CAMERA_TOO_MANY`, `ERR_ADDRESS_REFUSED`. */
  async create(actor: Actor, { id, ...settings }: WantedCamera): Promise<void> {
    await this.#turns.take(async () => {
      const by = this.#options.cameras.managedBy(id);
      // One that a publisher has brought into being may be taken over.
      if (this.#byId.has(id) || (by !== undefined && by !== 'publisher')) throw cameraExists(id);
      if (this.#byId.size >= MAX_STORED) {
        throw new NotPossibleError(
          'conflict',
          'ERR_CAMERA_TOO_MANY',
          `The API makes ${MAX_STORED} cameras at most.`,
        );
      }
      const config = this.#checked(settings);
      const now = this.#now();
      await this.#insert({
        ...{ id, configSealed: this.#seal(id, config), createdBy: identityName(actor.identity) },
        ...{ createdAt: now, updatedAt: now },
      });
      this.#byId.set(id, { config, createdAtMs: now, updatedAtMs: now });
      this.#record(actor, 'camera.created', id, { after: shownConfig(config) });
    });
    await this.apply();
  }

  /** @throws {NotPossibleError} `ERR_CAMERA_NOT_FOUND`, `ERR_CAMERA_FROM_FILE`, `ERR_ADDRESS_REFUSED`. */
  async change(actor: Actor, id: string, change: CameraChange): Promise<void> {
    await this.#turns.take(async () => {
      const before = this.#changeable(id);
      const config = this.#checked(changedConfig(before.config, change));
      if (isDeepStrictEqual(config, before.config)) return;
      const updatedAtMs = this.#now();
      await this.#db
        .updateTable('cameras')
        .set({ configSealed: this.#seal(id, config), updatedAt: updatedAtMs })
        .where('id', '=', id)
        .execute();
      this.#byId.set(id, { ...before, config, updatedAtMs });
      this.#record(actor, 'camera.changed', id, {
        before: shownConfig(before.config),
        after: shownConfig(config),
      });
    });
    await this.apply();
  }

  /** @throws {NotPossibleError} `ERR_CAMERA_NOT_FOUND`, `ERR_CAMERA_FROM_FILE`. */
  async remove(actor: Actor, id: string): Promise<void> {
    await this.#turns.take(async () => {
      const { config } = this.#changeable(id);
      await this.#options.beforeRemove(id);
      await this.#db.deleteFrom('cameras').where('id', '=', id).execute();
      this.#byId.delete(id);
      this.#record(actor, 'camera.removed', id, { before: shownConfig(config) });
    });
    await this.apply();
  }

  /**
   * The configuration that settings make.
   *
   * @throws {NotPossibleError} `ERR_ADDRESS_REFUSED`: it may not be connected to; `ERR_BAD_REQUEST`.
   */
  #checked(settings: Record<string, unknown>): CameraConfig {
    const parsed = cameraConfig.safeParse(settings);
    if (!parsed.success) {
      const [issue] = parsed.error.issues;
      throw new NotPossibleError(
        'invalid',
        'ERR_BAD_REQUEST',
        `${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`,
      );
    }
    const { guard } = this.#options;
    for (const address of [parsed.data.source, parsed.data.sources?.sub ?? '']) {
      if (refusedHost(address, guard) === undefined) continue;
      throw new NotPossibleError('invalid', 'ERR_ADDRESS_REFUSED', guard.refusal().message);
    }
    return parsed.data;
  }

  #changeable(id: string): StoredCamera {
    if (this.#options.cameras.managedBy(id) === 'file') throw fromFile(id);
    const stored = this.#byId.get(id);
    if (stored !== undefined) return stored;
    throw new NotPossibleError(
      'missing',
      'ERR_CAMERA_NOT_FOUND',
      `There is no camera "${id}" that was made by the API.`,
    );
  }

  #seal(id: string, config: CameraConfig): string {
    return this.#options.secrets.seal(JSON.stringify(config), purpose(id));
  }

  async #insert(row: CamerasTable): Promise<void> {
    try {
      await this.#db.insertInto('cameras').values(row).execute();
    } catch (error) {
      if (error instanceof StoreConstraintError && error.constraint === 'unique') throw cameraExists(row.id);
      throw error;
    }
  }

  #record(actor: Actor, action: AuditAction, cameraId: string, detail: Record<string, unknown>): void {
    this.#options.audit.record({ ...actor, action, cameraId, result: 'ok', detail });
  }
}

function cameraExists(id: string): NotPossibleError {
  return new NotPossibleError('conflict', 'ERR_CAMERA_EXISTS', `There is a camera "${id}" already.`);
}

function fromFile(id: string): NotPossibleError {
  return new NotPossibleError(
    'conflict',
    'ERR_CAMERA_FROM_FILE',
    `Camera "${id}" stands in the configuration file: change it there.`,
  );
}
