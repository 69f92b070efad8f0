import type { CameraSetJson } from '@vedette/contract';
import type { CameraSetsTable } from '../../store/schema.ts';
import { type Store, StoreConstraintError } from '../../store/store.ts';
import type { AuditAction, AuditTrail } from '../audit-entry.ts';
import type { Rights } from '../rights.ts';
import { NotPossibleError } from './not-possible-error.ts';
import { Turns } from './turns.ts';
import type { Actor } from './actor.ts';

export type SetKind = CameraSetsTable['kind'];

/** What the file says of a camera here. */
export interface DeclaredMembership {
  readonly groups: readonly string[];
  readonly zones: readonly string[];
}

export interface CameraSetsOptions {
  readonly store: Pick<Store, 'db'>;
  readonly rights: Pick<Rights, 'setMembership'>;
  readonly audit: AuditTrail;
  readonly cameraExists: (id: string) => boolean;
  /** Told before a set is removed: what was granted for it must not hold for a later one of the same name. */
  readonly beforeRemove: (kind: SetKind, id: string) => Promise<void>;
  readonly now?: () => number;
}

interface CameraSet {
  /** `undefined`: it has none of its own. */
  name: string | undefined;
  /** Whether it was made by the API. */
  isStored: boolean;
  /** By the file. */
  declared: ReadonlySet<string>;
  /** By the API. */
  readonly stored: Set<string>;
}

const MAX_SETS = 1000;
const NOBODY: ReadonlySet<string> = new Set();

/**
 * Groups and zones of cameras. The file names them beside its cameras; the API makes further ones, and puts cameras
 * into any. What comes from the file is changed there only.
 */
export class CameraSets {
  readonly #options: CameraSetsOptions;
  readonly #db: Store['db'];
  readonly #now: () => number;
  readonly #turns = new Turns();
  readonly #sets: Readonly<Record<SetKind, Map<string, CameraSet>>> = { group: new Map(), zone: new Map() };

  constructor(options: CameraSetsOptions) {
    this.#options = options;
    this.#db = options.store.db;
    this.#now = options.now ?? Date.now;
  }

  /** Reads what was made by the API; to be called once. */
  async load(): Promise<void> {
    const sets = await this.#db.selectFrom('cameraSets').selectAll().execute();
    const members = await this.#db.selectFrom('cameraSetMembers').selectAll().execute();
    for (const { kind, id, name } of sets) Object.assign(this.#made(kind, id), { name, isStored: true });
    for (const { kind, setId, cameraId } of members) this.#sets[kind].get(setId)?.stored.add(cameraId);
    this.#publish();
  }

  /** Takes what the file says, by camera. */
  declare(byId: Readonly<Record<string, DeclaredMembership>>): void {
    this.#declareKind('group', byId, ({ groups }) => groups);
    this.#declareKind('zone', byId, ({ zones }) => zones);
    this.#publish();
  }

  /** By id. */
  list(kind: SetKind): CameraSetJson[] {
    return [...this.#sets[kind]].sort(([a], [b]) => (a < b ? -1 : 1)).map(([id, set]) => json(id, set));
  }

  /** @throws {NotPossibleError} `ERR_SET_EXISTS`, `ERR_SET_TOO_MANY`. */
  async create(
    actor: Actor,
    kind: SetKind,
    { id, name }: { readonly id: string; readonly name?: string | undefined },
  ): Promise<CameraSetJson> {
    return this.#turns.take(async () => {
      if (this.#sets[kind].get(id)?.isStored === true) throw setExists(kind, id);
      if (this.#sets[kind].size >= MAX_SETS) {
        throw new NotPossibleError(
          'conflict',
          'ERR_SET_TOO_MANY',
          `There may be ${MAX_SETS} of them at most.`,
        );
      }
      await this.#insert(kind, id, name ?? id);
      const made = Object.assign(this.#made(kind, id), { name: name ?? id, isStored: true });
      this.#record(actor, `${kind}.created`, id, { after: { name: made.name } });
      return json(id, made);
    });
  }

  /**
   * Gives it another name for people; its id stays, and with it all that was granted for it.
   *
   * @throws {NotPossibleError} `ERR_SET_NOT_FOUND`, `ERR_SET_FROM_FILE`.
   */
  async rename(actor: Actor, kind: SetKind, id: string, name: string): Promise<CameraSetJson> {
    return this.#turns.take(async () => {
      const set = this.#storedSet(kind, id);
      await this.#db
        .updateTable('cameraSets')
        .set({ name })
        .where('kind', '=', kind)
        .where('id', '=', id)
        .execute();
      this.#record(actor, `${kind}.changed`, id, { before: { name: set.name }, after: { name } });
      set.name = name;
      return json(id, set);
    });
  }

  /** @throws {NotPossibleError} `ERR_SET_NOT_FOUND`, `ERR_SET_FROM_FILE`. */
  async remove(actor: Actor, kind: SetKind, id: string): Promise<void> {
    return this.#turns.take(async () => {
      const set = this.#storedSet(kind, id);
      if (set.declared.size > 0) throw fromFile(kind, id);
      await this.#options.beforeRemove(kind, id);
      await this.#db.transaction().execute(async (transaction) => {
        await transaction
          .deleteFrom('cameraSetMembers')
          .where('kind', '=', kind)
          .where('setId', '=', id)
          .execute();
        await transaction.deleteFrom('cameraSets').where('kind', '=', kind).where('id', '=', id).execute();
      });
      this.#sets[kind].delete(id);
      this.#publish();
      this.#record(actor, `${kind}.removed`, id, { before: { name: set.name, cameras: [...set.stored] } });
    });
  }

  /** @throws {NotPossibleError} `ERR_SET_NOT_FOUND`, `ERR_CAMERA_NOT_FOUND`. */
  async add(actor: Actor, kind: SetKind, id: string, cameraId: string): Promise<CameraSetJson> {
    return this.#turns.take(async () => {
      const set = this.#set(kind, id);
      if (!this.#options.cameraExists(cameraId)) {
        throw new NotPossibleError('missing', 'ERR_CAMERA_NOT_FOUND', `There is no camera "${cameraId}".`);
      }
      if (set.stored.has(cameraId) || set.declared.has(cameraId)) return json(id, set);
      await this.#db.transaction().execute(async (transaction) => {
        const row = { kind, id, name: id, createdAt: this.#now() };
        // One of the file: from now on it is also here, and stays when the file no longer names it.
        if (!set.isStored) await transaction.insertInto('cameraSets').values(row).execute();
        await transaction.insertInto('cameraSetMembers').values({ kind, setId: id, cameraId }).execute();
      });
      set.isStored = true;
      set.stored.add(cameraId);
      this.#publish();
      this.#record(actor, `${kind}.cameraAdded`, id, {}, cameraId);
      return json(id, set);
    });
  }

  /** @throws {NotPossibleError} `ERR_SET_NOT_FOUND`, `ERR_SET_FROM_FILE`: the file has put the camera there. */
  async take(actor: Actor, kind: SetKind, id: string, cameraId: string): Promise<CameraSetJson> {
    return this.#turns.take(async () => {
      const set = this.#set(kind, id);
      if (set.declared.has(cameraId)) throw fromFile(kind, id);
      if (!set.stored.has(cameraId)) return json(id, set);
      await this.#db
        .deleteFrom('cameraSetMembers')
        .where('kind', '=', kind)
        .where('setId', '=', id)
        .where('cameraId', '=', cameraId)
        .execute();
      set.stored.delete(cameraId);
      this.#publish();
      this.#record(actor, `${kind}.cameraRemoved`, id, {}, cameraId);
      return json(id, set);
    });
  }

  /** Takes a camera out of all sets that the API has put it into: it is being removed. */
  async forgetCamera(cameraId: string): Promise<void> {
    await this.#turns.take(async () => {
      await this.#db.deleteFrom('cameraSetMembers').where('cameraId', '=', cameraId).execute();
      for (const kind of ['group', 'zone'] as const) {
        for (const set of this.#sets[kind].values()) set.stored.delete(cameraId);
      }
      this.#publish();
    });
  }

  #declareKind(
    kind: SetKind,
    byId: Readonly<Record<string, DeclaredMembership>>,
    namesOf: (membership: DeclaredMembership) => readonly string[],
  ): void {
    const members = new Map<string, Set<string>>();
    for (const [cameraId, membership] of Object.entries(byId)) {
      for (const id of namesOf(membership)) members.set(id, (members.get(id) ?? new Set()).add(cameraId));
    }
    for (const id of members.keys()) this.#made(kind, id);
    for (const [id, set] of this.#sets[kind]) {
      set.declared = members.get(id) ?? NOBODY;
      if (set.declared.size === 0 && !set.isStored) this.#sets[kind].delete(id);
    }
  }

  /** Tells the book of rights. */
  #publish(): void {
    this.#options.rights.setMembership(this.#byCamera('group'), this.#byCamera('zone'));
  }

  #byCamera(kind: SetKind): Map<string, Set<string>> {
    const byCamera = new Map<string, Set<string>>();
    for (const [id, { declared, stored }] of this.#sets[kind]) {
      for (const cameraId of [...declared, ...stored]) {
        byCamera.set(cameraId, (byCamera.get(cameraId) ?? new Set()).add(id));
      }
    }
    return byCamera;
  }

  #made(kind: SetKind, id: string): CameraSet {
    let set = this.#sets[kind].get(id);
    if (set === undefined) {
      set = { name: undefined, isStored: false, declared: NOBODY, stored: new Set() };
      this.#sets[kind].set(id, set);
    }
    return set;
  }

  #set(kind: SetKind, id: string): CameraSet {
    const set = this.#sets[kind].get(id);
    if (set !== undefined) return set;
    throw new NotPossibleError('missing', 'ERR_SET_NOT_FOUND', `There is no ${kind} "${id}".`);
  }

  #storedSet(kind: SetKind, id: string): CameraSet {
    const set = this.#set(kind, id);
    if (!set.isStored) throw fromFile(kind, id);
    return set;
  }

  async #insert(kind: SetKind, id: string, name: string): Promise<void> {
    try {
      await this.#db.insertInto('cameraSets').values({ kind, id, name, createdAt: this.#now() }).execute();
    } catch (error) {
      if (error instanceof StoreConstraintError && error.constraint === 'unique') throw setExists(kind, id);
      throw error;
    }
  }

  #record(
    actor: Actor,
    action: AuditAction,
    target: string,
    detail: Record<string, unknown>,
    cameraId?: string,
  ): void {
    this.#options.audit.record({ ...actor, action, target, cameraId, result: 'ok', detail });
  }
}

function json(id: string, { name, isStored, declared, stored }: CameraSet): CameraSetJson {
  const cameras = [
    ...[...declared].map((cameraId) => ({ id: cameraId, managedBy: 'file' as const })),
    ...[...stored]
      .filter((cameraId) => !declared.has(cameraId))
      .map((cameraId) => ({ id: cameraId, managedBy: 'api' as const })),
  ];
  return {
    id,
    name: name ?? id,
    managedBy: isStored ? 'api' : 'file',
    cameras: cameras.sort((a, b) => (a.id < b.id ? -1 : 1)),
  };
}

function setExists(kind: SetKind, id: string): NotPossibleError {
  return new NotPossibleError('conflict', 'ERR_SET_EXISTS', `There is a ${kind} "${id}" already.`);
}

function fromFile(kind: SetKind, id: string): NotPossibleError {
  return new NotPossibleError(
    'conflict',
    'ERR_SET_FROM_FILE',
    `The configuration file says this of the ${kind} "${id}": change it there.`,
  );
}
