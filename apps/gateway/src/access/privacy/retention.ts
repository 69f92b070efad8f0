import type { Config } from '@vedette/contract';
import type { Logger } from '../../observability/logger.ts';
import { type Store, StoreUnavailableError } from '../../store/store.ts';
import type { AuditTrail } from '../audit-entry.ts';
import type { ChainSeal } from '../audit/chain-seal.ts';
import { ERASED_ACTION, erasePerson } from '../audit/erase-person.ts';
import { PROGRAM } from '../audit/plain-entry.ts';
import { trimAudit } from '../audit/trim-audit.ts';

export interface RetentionOptions {
  readonly store: Store;
  readonly seal: ChainSeal;
  readonly audit: AuditTrail;
  readonly config: Pick<Config['access'], 'auditDays' | 'retention'>;
  readonly logger: Logger;
  readonly now?: () => number;
}

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
/** What is written about somebody after he was erased (his sessions that end, in other gateways) comes within this. */
const LATE_MS = 2 * DAY_MS;

/**
 * Removes, once an hour, what was kept long enough: of the audit log, and keys that are void. What else has an end
 * (logins, tokens, share links) is removed by whoever owns it.
 */
export class Retention {
  readonly #options: RetentionOptions;
  readonly #now: () => number;
  #timer: NodeJS.Timeout | undefined;
  #sweeping: Promise<void> | undefined;

  constructor(options: RetentionOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
  }

  start(): void {
    this.#timer ??= setInterval(() => void this.sweep(), HOUR_MS);
    void this.sweep();
  }

  /** Never rejects: what could not be done is done an hour later. */
  async sweep(): Promise<void> {
    this.#sweeping ??= this.#sweep()
      .catch((error: unknown) => {
        if (error instanceof StoreUnavailableError) return;
        this.#options.logger.error(
          { err: error },
          'old data could not be removed; it is tried again in an hour',
        );
      })
      .finally(() => (this.#sweeping = undefined));
    await this.#sweeping;
  }

  /** Safe to call twice. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#timer = undefined;
    await this.#sweeping;
  }

  async #sweep(): Promise<void> {
    await this.#trimAudit();
    await this.#removeOldKeys();
    await this.#eraseLate();
  }

  async #trimAudit(): Promise<void> {
    const { store, seal, audit, config, logger } = this.#options;
    const removed = await trimAudit(store, seal, this.#now() - config.auditDays * DAY_MS);
    if (removed === 0) return;
    logger.info({ entries: removed }, 'old entries of the audit log were removed');
    audit.record({
      identity: PROGRAM,
      action: 'audit.trimmed',
      address: '',
      result: 'ok',
      detail: { entries: removed, days: config.auditDays },
    });
  }

  async #removeOldKeys(): Promise<void> {
    const { store, config } = this.#options;
    const endedBefore = this.#now() - config.retention.revokedKeyDays * DAY_MS;
    await store.db.deleteFrom('publishKeys').where('revokedAt', '<', endedBefore).execute();
    await store.db
      .deleteFrom('apiKeys')
      .where((eb) => eb.or([eb('expiresAt', '<', endedBefore), eb('revokedAt', '<', endedBefore)]))
      .execute();
  }

  /** Entries that were written after their person was erased. */
  async #eraseLate(): Promise<void> {
    const { store, seal } = this.#options;
    const erased = await store.db
      .selectFrom('audit')
      .select('target')
      .where('action', '=', ERASED_ACTION)
      .where('at', '>=', this.#now() - LATE_MS)
      .execute();
    for (const { target } of erased) {
      if (target !== null) await erasePerson(store, seal, { id: target, name: undefined });
    }
  }
}
