import { StoreQueryError, StoreUnavailableError } from '../store.ts';
import { TRANSACTION_EXPIRED, TRANSACTION_FAILED, TRANSACTION_OVER } from '../transaction-words.ts';
import type { StoreLimits } from '../store-limits.ts';
import { sqliteError } from './sqlite-errors.ts';
import type { Outcome, Result, Statement } from './statement.ts';

/** Statements that share one wait for the disk. */
const MAX_BATCH = 200;
/** How often limits of time are looked at, ms. */
const SWEEP_MS = 100;

/** What runs statements: one call at a time. */
export interface Runner {
  run(statements: readonly Statement[]): Promise<readonly Result[]>;
}

interface Pending<Value> {
  readonly deadlineMs: number;
  readonly resolve: (value: Value) => void;
  readonly reject: (error: Error) => void;
}
type Waiting =
  | (Pending<Outcome> & { readonly statement: Statement })
  | (Pending<Turn> & { readonly statement: undefined });

const control = (sql: string): Statement => ({ sql, parameters: [], isWrite: false, isShareable: false });
const BEGIN = control('begin immediate');
const COMMIT = control('commit');
const ROLLBACK = control('rollback');

/**
 * Puts statements and transactions in one row before the thread of the database. Statements that wait together go
 * together; a transaction has the database for itself.
 *
 * What waits is bounded, and each wait is limited. A statement that was not answered in time may still have been
 * carried out.
 */
export class StatementQueue {
  readonly #limits: StoreLimits;
  readonly #onTrouble: (reason: string) => void;
  #runner: Runner | undefined;
  #absence = 'the database is not open';
  #waiting: Waiting[] = [];
  /** Sent and not answered: the thread takes no other meanwhile. */
  #inFlight: readonly Pending<Outcome>[] | undefined;
  #holder: Turn | undefined;
  #timer: NodeJS.Timeout | undefined;

  /** @param onTrouble told each time that the database, not the query, is at fault. */
  constructor(limits: StoreLimits, onTrouble: (reason: string) => void) {
    this.#limits = limits;
    this.#onTrouble = onTrouble;
  }

  /** From now on `runner` does the work. */
  attach(runner: Runner): void {
    this.#runner = runner;
    this.#pump();
  }

  /** The runner is gone: whoever waits is told why, and so is everybody until there is another. */
  detach(reason: string): void {
    this.#runner = undefined;
    this.#absence = reason;
    this.#holder?.expire();
    this.#holder = undefined;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const { reject } of waiting) reject(new StoreUnavailableError(reason));
  }

  /** Resolves when nothing waits any more: each wait has its limit. */
  async drained(): Promise<void> {
    const step = Math.min(SWEEP_MS, 10);
    while (this.#inFlight !== undefined || this.#holder !== undefined || this.#waiting.length > 0) {
      if (this.#runner === undefined) return;
      await new Promise((resolve) => setTimeout(resolve, step));
    }
  }

  /** @throws {StoreUnavailableError | StoreConstraintError | StoreQueryError} */
  execute(statement: Statement): Promise<Outcome> {
    const { promise, resolve, reject } = Promise.withResolvers<Outcome>();
    this.#enqueue({ statement, deadlineMs: this.#deadline(), resolve, reject });
    return promise;
  }

  /** A transaction, begun. @throws {StoreUnavailableError} */
  async begin(): Promise<Turn> {
    const { promise, resolve, reject } = Promise.withResolvers<Turn>();
    this.#enqueue({ statement: undefined, deadlineMs: this.#deadline(), resolve, reject });
    const turn = await promise;
    try {
      await turn.execute(BEGIN);
      return turn;
    } catch (error) {
      turn.expire();
      throw error;
    }
  }

  #deadline(): number {
    return performance.now() + this.#limits.statementMs;
  }

  #enqueue(entry: Waiting): void {
    if (this.#runner === undefined) {
      entry.reject(new StoreUnavailableError(this.#absence));
      return;
    }
    if (this.#waiting.length >= this.#limits.waiting) {
      entry.reject(
        new StoreUnavailableError(`${this.#limits.waiting} statements wait for the database already`),
      );
      return;
    }
    this.#waiting.push(entry);
    this.#pump();
  }

  #pump(): void {
    while (this.#inFlight === undefined && this.#holder === undefined && this.#runner !== undefined) {
      const [first] = this.#waiting;
      if (first === undefined) return;
      if (first.statement !== undefined) {
        this.#sendBatch();
        return;
      }
      this.#waiting.shift();
      this.#holder = this.#newTurn();
      first.resolve(this.#holder);
    }
    if (this.#waiting.length > 0) this.#watch();
  }

  #sendBatch(): void {
    const batch: (Pending<Outcome> & { readonly statement: Statement })[] = [];
    for (const entry of this.#waiting) {
      if (entry.statement === undefined || batch.length >= MAX_BATCH) break;
      if (!entry.statement.isShareable && batch.length > 0) break;
      batch.push(entry);
      if (!entry.statement.isShareable) break;
    }
    this.#waiting.splice(0, batch.length);
    this.#send(
      batch,
      batch.map(({ statement }) => statement),
    );
  }

  #newTurn(): Turn {
    const turn: Turn = new Turn(performance.now() + this.#limits.transactionMs, {
      send: (statement) => {
        const { promise, resolve, reject } = Promise.withResolvers<Outcome>();
        this.#send([{ deadlineMs: this.#deadline(), resolve, reject }], [statement]);
        return promise;
      },
      over: () => this.#leave(turn),
    });
    return turn;
  }

  /** The next may go, once nothing of `turn` is under way and nothing of it is open. */
  #leave(turn: Turn): void {
    if (this.#holder !== turn) return;
    if (this.#inFlight !== undefined) return; // `#settle` comes here again
    this.#holder = undefined;
    if (turn.isClean || this.#runner === undefined) {
      this.#pump();
      return;
    }
    const ignore = (): void => undefined;
    this.#send([{ deadlineMs: this.#deadline(), resolve: ignore, reject: ignore }], [ROLLBACK]);
  }

  #send(pending: readonly Pending<Outcome>[], statements: readonly Statement[]): void {
    const runner = this.#runner;
    if (runner === undefined) {
      for (const { reject } of pending) reject(new StoreUnavailableError(this.#absence));
      return;
    }
    this.#inFlight = pending;
    this.#watch();
    runner.run(statements).then(
      (results) => {
        this.#report(results);
        pending.forEach(({ resolve, reject }, index) => {
          const result = results[index];
          if (result !== undefined && 'outcome' in result) resolve(result.outcome);
          else reject(sqliteError(result?.fault ?? { errcode: 0, message: 'no answer' }));
        });
        this.#settle();
      },
      (error: unknown) => {
        const told = error instanceof Error ? error : new StoreUnavailableError(String(error));
        for (const { reject } of pending) reject(told);
        this.#settle();
      },
    );
  }

  #settle(): void {
    this.#inFlight = undefined;
    if (this.#holder?.isOver === true) this.#leave(this.#holder);
    else this.#pump();
  }

  #report(results: readonly Result[]): void {
    for (const result of results) {
      if (!('fault' in result)) continue;
      const error = sqliteError(result.fault);
      if (error instanceof StoreUnavailableError) this.#onTrouble(error.message);
    }
  }

  #watch(): void {
    this.#timer ??= setInterval(() => this.#sweep(), SWEEP_MS);
  }

  #sweep(): void {
    const now = performance.now();
    const isLate = ({ deadlineMs }: { readonly deadlineMs: number }): boolean => deadlineMs <= now;
    const error = new StoreUnavailableError(
      `the database did not answer within ${this.#limits.statementMs / 1000} s`,
    );
    if (this.#inFlight?.some(isLate) === true) {
      this.#onTrouble(error.message);
      // Settled already where the thread answers later: the second settling of a promise is without effect.
      for (const { reject } of this.#inFlight) reject(error);
      this.#holder?.expire();
    } else if (this.#holder !== undefined && isLate(this.#holder)) this.#holder.expire();
    if (this.#waiting.some(isLate)) {
      const late = this.#waiting.filter(isLate);
      this.#waiting = this.#waiting.filter((entry) => !isLate(entry));
      for (const { reject } of late) reject(error);
    }
    if (this.#inFlight === undefined && this.#holder === undefined && this.#waiting.length === 0) {
      clearInterval(this.#timer);
      this.#timer = undefined;
    }
  }
}

interface TurnLine {
  readonly send: (statement: Statement) => Promise<Outcome>;
  readonly over: () => void;
}

/** A transaction that has the database for itself. */
export class Turn {
  readonly deadlineMs: number;
  readonly #line: TurnLine;
  #state: 'open' | 'failed' | 'over' = 'open';
  #isClean = false;
  /** By whoever began it; else by its limit, or with the thread. */
  #isEnded = false;
  #last: Promise<undefined> = Promise.resolve(undefined);

  constructor(deadlineMs: number, line: TurnLine) {
    this.deadlineMs = deadlineMs;
    this.#line = line;
  }

  get isOver(): boolean {
    return this.#state === 'over';
  }

  /** Nothing is left to be rolled back. */
  get isClean(): boolean {
    return this.#isClean;
  }

  execute(statement: Statement): Promise<Outcome> {
    return this.#after(async () => {
      this.#assertOpen();
      try {
        return await this.#line.send(statement);
      } catch (error) {
        // As PostgreSQL has it: what fails in a transaction ends it.
        if (this.#state === 'open') this.#state = 'failed';
        throw error;
      }
    });
  }

  async commit(): Promise<void> {
    await this.execute(COMMIT);
    this.#isClean = true;
    this.#end();
  }

  /** Safe at any time; never fails: what cannot be rolled back was not written. */
  rollback(): Promise<void> {
    return this.#after(async () => {
      if (this.#state === 'over') return;
      try {
        await this.#line.send(ROLLBACK);
        this.#isClean = true;
      } catch {
        // SQLite has rolled back by itself, or the thread is gone.
      }
      this.#end();
    });
  }

  /** Runs `work` when what was asked before is answered: a rollback may come while a statement is under way. */
  async #after<Value>(work: () => Promise<Value>): Promise<Value> {
    const previous = this.#last;
    const { promise, resolve } = Promise.withResolvers<undefined>();
    this.#last = promise;
    await previous;
    try {
      return await work();
    } finally {
      resolve(undefined);
    }
  }

  /** Ends it; what it has not committed is rolled back. */
  expire(): void {
    if (this.#state === 'over') return;
    this.#state = 'over';
    this.#line.over();
  }

  #end(): void {
    this.#isEnded = true;
    this.expire();
  }

  #assertOpen(): void {
    if (this.#state === 'failed') throw new StoreQueryError(TRANSACTION_FAILED);
    if (this.#state !== 'over') return;
    if (this.#isEnded) throw new StoreQueryError(TRANSACTION_OVER);
    throw new StoreUnavailableError(TRANSACTION_EXPIRED);
  }
}
