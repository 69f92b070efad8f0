import pg from 'pg';
import { StoreConstraintError, StoreQueryError, StoreUnavailableError } from '../store.ts';
import { TRANSACTION_FAILED } from '../transaction-words.ts';

// SQLSTATE: https://www.postgresql.org/docs/current/errcodes-appendix.html
const CONSTRAINTS: ReadonlyMap<string, StoreConstraintError['constraint']> = new Map([
  ['23505', 'unique'],
  ['23503', 'reference'],
]);
/** Refused, by no fault of the server's: it is not away. */
const PASSING: ReadonlySet<string> = new Set([
  '57014', // statement_timeout
  '55P03', // lock_timeout
  '40001', // serialization_failure
  '40P01', // deadlock_detected
  '25P03', // idle_in_transaction_session_timeout
]);
/** Connection, authorization, resources, operator intervention, system error, damage. */
const ENVIRONMENT = /^(08|28|3D|53|57|58|F0|XX00[12]|25006)/;
const VALUES = /^2[23]/;
/** No try will be answered otherwise until somebody changes something: the name, the password, the database. */
const HOPELESS = /^(28|3D|42501)/;

interface Reading {
  readonly error: StoreUnavailableError | StoreConstraintError | StoreQueryError;
  /** The server is away, or takes nothing. */
  readonly isTrouble: boolean;
  readonly isHopeless: boolean;
}

/**
 * What an error of `pg` means. Only its message is passed on: the details of the server hold values, and an error of
 * the network may hold what was to be sent.
 */
export function readPostgresError(error: unknown): Reading {
  const state = error instanceof pg.DatabaseError ? (error.code ?? '') : '';
  if (state === '' || ENVIRONMENT.test(state) || PASSING.has(state)) {
    return {
      error: new StoreUnavailableError(`PostgreSQL: ${words(error)}`),
      isTrouble: !PASSING.has(state),
      isHopeless: HOPELESS.test(state),
    };
  }
  const isHopeless = HOPELESS.test(state);
  const said = `PostgreSQL: ${words(error)}`;
  if (VALUES.test(state)) {
    const constraint = CONSTRAINTS.get(state) ?? 'value';
    return { error: new StoreConstraintError(constraint, said), isTrouble: false, isHopeless };
  }
  if (state === '25P02') {
    return { error: new StoreQueryError(TRANSACTION_FAILED), isTrouble: false, isHopeless };
  }
  return { error: new StoreQueryError(said), isTrouble: false, isHopeless };
}

function words(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // A name with several addresses: each has its own error, and the message is empty.
  if (error instanceof AggregateError) return [...new Set(error.errors.map(words))].join('; ');
  return error.message;
}
