import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { silentLogger } from '../../../observability/logger.ts';
import { openStore } from '../../../store/open-store.ts';
import { type Store, StoreUnavailableError } from '../../../store/store.ts';
import type { AuditEntry, AuditTrail } from '../../audit-entry.ts';
import type { Identity } from '../../identity.ts';
import type { RateLimits } from '../../rate-limit.ts';
import { Rights } from '../../rights.ts';
import type { Asker } from '../asker.ts';
import { type StreamTokenSettings, StreamTokens } from '../stream-tokens.ts';

export const MINUTE_MS = 60_000;
export const START_MS = Date.UTC(2030, 0, 1);

/** Ids of the users of the bed. */
export const MAI = '6f1c3b52-3d0e-4a77-9a35-0f6f7f1d0001';
export const BAO = '6f1c3b52-3d0e-4a77-9a35-0f6f7f1d0002';
export const ADA = '6f1c3b52-3d0e-4a77-9a35-0f6f7f1d0003';

/** A store that can be made to be away. */
class Line {
  readonly store: Pick<Store, 'db' | 'onHealth'>;
  readonly #real: Store;
  readonly #listeners = new Set<Parameters<Store['onHealth']>[0]>();
  #isUp = true;

  constructor(real: Store) {
    this.#real = real;
    this.store = {
      db: real.db.withPlugin({
        transformQuery: ({ node }) => {
          if (!this.#isUp) throw new StoreUnavailableError('cut by the test');
          return node;
        },
        transformResult: ({ result }) => Promise.resolve(result),
      }),
      onHealth: (listener) => {
        this.#listeners.add(listener);
        return () => this.#listeners.delete(listener);
      },
    };
  }

  set isUp(isUp: boolean) {
    this.#isUp = isUp;
    for (const listener of this.#listeners) listener({ ...this.#real.health, isUp });
  }
}

/** A real store with rights for three people: mai may view gate and yard, bao nothing, ada administers. */
export class TokenBed {
  readonly real: Store;
  readonly line: Line;
  readonly rights: Rights;
  readonly entries: AuditEntry[] = [];
  readonly audit: AuditTrail = { record: (entry) => this.entries.push(entry) };
  readonly key = new Uint8Array(32).fill(7);
  limits: RateLimits = { take: () => 0 };
  settings: StreamTokenSettings = {
    minutes: 30,
    maxMinutes: 1440,
    perUser: 5,
    perHour: 20,
    plans: { free: { perDay: 10 } },
  };
  plan: string | undefined;
  nowMs = START_MS;
  readonly #folder: string;
  readonly #open: { close(): Promise<void> }[] = [];

  private constructor(real: Store, folder: string) {
    this.real = real;
    this.line = new Line(real);
    this.#folder = folder;
    this.rights = new Rights(() => this.nowMs);
    const gates = ['gate', 'yard'].map((id) => ({
      target: { kind: 'camera', id } as const,
      actions: ['view', 'ptz', 'publish'] as ('view' | 'ptz' | 'publish')[],
    }));
    this.rights.put('user', { id: MAI, role: 'user', grants: gates, isDisabled: false });
    this.rights.put('user', { id: BAO, role: 'user', grants: [], isDisabled: false });
    this.rights.put('user', { id: ADA, role: 'admin', grants: [], isDisabled: false });
  }

  /** @param databaseUrl of a PostgreSQL; SQLite where absent. */
  static async open(databaseUrl?: string): Promise<TokenBed> {
    const folder = await mkdtemp(path.join(tmpdir(), 'vedette-tokens-'));
    const store = await openStore({ dataDir: folder, databaseUrl, logger: silentLogger });
    return new TokenBed(store, folder);
  }

  readonly now = (): number => this.nowMs;

  /** What every one of the services is given. */
  get shared(): {
    store: Pick<Store, 'db' | 'onHealth'>;
    rights: Rights;
    audit: AuditTrail;
    limits: RateLimits;
    key: Uint8Array;
    logger: typeof silentLogger;
    now: () => number;
  } {
    const { rights, audit, key, now } = this;
    const limits: RateLimits = { take: (kind, of) => this.limits.take(kind, of) };
    return { store: this.line.store, rights, audit, limits, key, logger: silentLogger, now };
  }

  /** Another one on the same store is what a start anew is. */
  async tokens(): Promise<StreamTokens> {
    const tokens = await StreamTokens.open({
      ...this.shared,
      settings: () => this.settings,
      planOf: () => this.plan,
      nameOf: (id) => ({ [MAI]: 'mai', [BAO]: 'bao', [ADA]: 'ada' })[id],
    });
    return this.closing(tokens);
  }

  closing<T extends { close(): Promise<void> }>(service: T): T {
    this.#open.push(service);
    return service;
  }

  async close(): Promise<void> {
    for (const service of this.#open.reverse()) await service.close();
    await this.real.close();
    await rm(this.#folder, { recursive: true, force: true });
  }
}

export function asker(id: string, address = '192.0.2.1', userAgent?: string): Asker {
  const identity: Identity = { kind: 'user', id, name: { [MAI]: 'mai', [BAO]: 'bao' }[id] ?? 'ada' };
  return { identity, peer: { address, userAgent } };
}
