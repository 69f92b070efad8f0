import { setImmediate, setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '../../observability/logger.ts';
import { type Store, StoreUnavailableError } from '../../store/store.ts';
import type { AuditEntry, AuditTrail } from '../audit-entry.ts';
import { appendEntries, type UnsureRows } from './append-entries.ts';
import type { PlainEntry } from './chain.ts';
import type { ChainSeal } from './chain-seal.ts';
import { plainEntry, PROGRAM } from './plain-entry.ts';
import { type Overflow, type Waiting, WaitingEntries } from './waiting-entries.ts';

export interface AuditLogOptions {
  readonly store: Store;
  readonly seal: ChainSeal;
  readonly logger: Logger;
  readonly now?: () => number;
}

const MAX_WAITING = 10_000;
/** Rows of one transaction. */
const MAX_BATCH = 500;
const RETRY_MS = 1000;
/** What still waits at the end may take so long. */
const CLOSE_LIMIT_MS = 2000;
/** An entry that the database refuses so often, alone, is given up: it must not hold up all others. */
const MAX_REFUSED = 5;

interface Flush {
  readonly place: number;
  readonly resolve: () => void;
  readonly reject: (reason: Error) => void;
}

/** What is written in one transaction: the same again after a failure, until it is known to be there. */
interface Batch {
  readonly waiting: readonly Waiting[];
  /** The count of those that found no room. */
  readonly overflow: PlainEntry | undefined;
  /** What the last attempt may have written. */
  unsure: UnsureRows | undefined;
}

/** Writes down what was done: takes entries at once, and writes them in order, one transaction at a time. */
export class AuditLog implements AuditTrail {
  readonly #store: Store;
  readonly #seal: ChainSeal;
  readonly #logger: Logger;
  readonly #now: () => number;
  readonly #waiting = new WaitingEntries(MAX_WAITING);
  readonly #closing = new AbortController();
  readonly #stopListening: () => void;
  #flushes: Flush[] = [];
  #writing: Promise<void> | undefined;
  #pause: AbortController | undefined;
  #batch: Batch | undefined;
  /** Attempts in a row that failed. */
  #failures = 0;
  /** Attempts in a row with one entry alone that the database understood and refused. */
  #refusals = 0;
  #batchSize = MAX_BATCH;

  constructor({ store, seal, logger, now = Date.now }: AuditLogOptions) {
    this.#store = store;
    this.#seal = seal;
    this.#logger = logger;
    this.#now = now;
    this.#stopListening = store.onHealth(({ isUp }) => {
      if (isUp) this.#pause?.abort();
    });
  }

  /** How many entries wait for the database. */
  get waiting(): number {
    return this.#waiting.size;
  }

  record(entry: AuditEntry): void {
    if (this.#closing.signal.aborted) return;
    this.#waiting.put(plainEntry(entry, this.#now()));
    this.#writing ??= this.#writeAll();
  }

  /**
   * Waits until everything that was recorded before is on the disk, however long the database is away.
   *
   * @throws {Error} the log was closed before.
   */
  async flush(): Promise<void> {
    const place = this.#waiting.lastPlace;
    if (this.#isWritten(place)) return;
    const { promise, resolve, reject } = Promise.withResolvers<undefined>();
    this.#flushes.push({ place, resolve: () => resolve(undefined), reject });
    await promise;
  }

  /** Writes what waits, for at most 2 s; safe to call twice. */
  async close(): Promise<void> {
    if (this.#closing.signal.aborted) return;
    const limit = new AbortController();
    await Promise.race([
      this.flush().catch(() => undefined),
      delay(CLOSE_LIMIT_MS, undefined, { signal: limit.signal }).catch(() => undefined),
    ]);
    limit.abort();
    this.#closing.abort();
    this.#pause?.abort();
    this.#stopListening();
    if (this.#waiting.size > 0)
      this.#logger.error(
        { entries: this.#waiting.size },
        'the database was away at the end: entries of the audit log are lost',
      );
    for (const { reject } of this.#flushes.splice(0)) reject(new Error('the audit log is closed'));
  }

  async #writeAll(): Promise<void> {
    // What is recorded in this turn goes into the same transaction.
    await setImmediate();
    while (!this.#closing.signal.aborted && (this.#batch !== undefined || !this.#waiting.isEmpty)) {
      try {
        await this.#write((this.#batch ??= this.#nextBatch()));
        if (this.#failures > 0) this.#logger.info({}, 'the audit log is written again');
        this.#failures = 0;
        this.#refusals = 0;
        this.#batchSize = Math.min(MAX_BATCH, 2 * this.#batchSize);
      } catch (error) {
        await this.#failed(error);
      }
    }
    this.#writing = undefined;
  }

  #nextBatch(): Batch {
    const waiting = this.#waiting.reserve(this.#batchSize);
    return { waiting, overflow: overflowEntry(this.#waiting.takeOverflow()), unsure: undefined };
  }

  async #write(batch: Batch): Promise<void> {
    const { waiting, overflow, unsure } = batch;
    const entries = waiting.map(({ entry }) => entry);
    if (overflow !== undefined) entries.unshift(overflow);
    const isWhole = await appendEntries(this.#store, this.#seal, entries, unsure, (rows) => {
      batch.unsure = rows;
    });
    if (!isWhole)
      this.#logger.error({}, 'the audit log does not end as it was left: look at it with verify-audit');
    this.#done(batch);
  }

  #done({ waiting }: Batch): void {
    this.#batch = undefined;
    this.#waiting.remove(waiting);
    const isDone = ({ place }: Flush): boolean => this.#isWritten(place);
    for (const { resolve } of this.#flushes.filter(isDone)) resolve();
    this.#flushes = this.#flushes.filter((flush) => !isDone(flush));
  }

  #isWritten(place: number): boolean {
    const { firstPlace } = this.#waiting;
    return firstPlace === undefined || firstPlace > place;
  }

  async #failed(error: unknown): Promise<void> {
    this.#failures += 1;
    if (this.#failures === 1)
      this.#logger.error({ err: error }, 'the audit log cannot be written; entries wait');
    if (!(error instanceof StoreUnavailableError)) this.#refused(error);
    this.#pause = new AbortController();
    await delay(RETRY_MS, undefined, { signal: this.#pause.signal }).catch(() => undefined);
    this.#pause = undefined;
  }

  /** One entry that the database does not take must not hold up the others: it is found by halves. */
  #refused(error: unknown): void {
    const batch = this.#batch;
    if (batch === undefined) return;
    if (batch.waiting.length > 1) {
      // Nothing of it is there: the transaction was undone.
      this.#batchSize = Math.ceil(batch.waiting.length / 2);
      const waiting = batch.overflow === undefined ? this.#waiting.reserve(this.#batchSize) : [];
      this.#batch = { waiting, overflow: batch.overflow, unsure: undefined };
      return;
    }
    this.#refusals += 1;
    if (this.#refusals < MAX_REFUSED) return;
    const actions = batch.waiting.map(({ entry }) => entry.action);
    this.#logger.error({ err: error, actions }, 'the database does not take an entry of the audit log');
    this.#refusals = 0;
    this.#done(batch);
  }
}

function overflowEntry(overflow: Overflow | undefined): PlainEntry | undefined {
  if (overflow === undefined) return undefined;
  const { fromMs, toMs, entries, actions } = overflow;
  const detail = {
    from: new Date(fromMs).toISOString(),
    to: new Date(toMs).toISOString(),
    entries,
    actions: Object.fromEntries(actions),
  };
  return plainEntry(
    { identity: PROGRAM, action: 'audit.overflow', address: '', result: 'failed', detail },
    fromMs,
  );
}
