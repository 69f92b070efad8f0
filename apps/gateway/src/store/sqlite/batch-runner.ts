import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import type { Fault, Result, Statement } from './statement.ts';

/** Statements that stay compiled; the program has fewer. */
const MAX_COMPILED = 256;

function faultOf(error: unknown): Fault {
  if (!(error instanceof Error)) return { errcode: 0, message: String(error) };
  const errcode = 'errcode' in error && typeof error.errcode === 'number' ? error.errcode : 0;
  return { errcode, message: error.message };
}

/**
 * Runs statements that came together as one transaction, so that they share one wait for the disk; none is answered
 * before that. Each stands for itself nevertheless: one that breaks a constraint changes nothing, and the others are
 * kept.
 */
export class BatchRunner {
  readonly #database: DatabaseSync;
  readonly #compiled = new Map<string, StatementSync>();

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  run(statements: readonly Statement[]): Result[] {
    if (statements.length === 1) return statements.map((statement) => this.#runOne(statement));
    try {
      // Not "deferred" where something is written: what begins by reading may find at its first write that
      // somebody else (sqlite3, by hand) wrote meanwhile, and would fail without having waited.
      this.#database.exec(statements.some(({ isWrite }) => isWrite) ? 'begin immediate' : 'begin');
      const results = statements.map((statement) => this.#runOne(statement));
      // A disk that is full or fails may have rolled back everything so far (https://sqlite.org/lang_transaction.html).
      if (this.#database.isTransaction) {
        this.#database.exec('commit');
        return results;
      }
      const fault = results.find((result) => 'fault' in result);
      return statements.map(
        () => fault ?? { fault: { errcode: 0, message: 'the transaction was rolled back' } },
      );
    } catch (error) {
      this.#rollBack();
      const fault = faultOf(error);
      return statements.map(() => ({ fault }));
    }
  }

  #rollBack(): void {
    if (!this.#database.isTransaction) return;
    try {
      this.#database.exec('rollback');
    } catch {
      // The transaction is over either way; the fault that led here is the one that is told.
    }
  }

  #runOne({ sql, parameters }: Statement): Result {
    try {
      const statement = this.#compile(sql);
      const values = parameters as SQLInputValue[];
      if (statement.columns().length > 0) {
        const rows = statement.all(...values);
        return { outcome: { rows, changes: rows.length } };
      }
      return { outcome: { rows: [], changes: Number(statement.run(...values).changes) } };
    } catch (error) {
      return { fault: faultOf(error) };
    }
  }

  #compile(sql: string): StatementSync {
    const known = this.#compiled.get(sql);
    if (known !== undefined) return known;
    const statement = this.#database.prepare(sql);
    if (this.#compiled.size >= MAX_COMPILED) this.#compiled.clear();
    this.#compiled.set(sql, statement);
    return statement;
  }
}
