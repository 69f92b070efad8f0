/** How long a store waits, and how much may wait for it. */
export interface StoreLimits {
  /** From asking to the answer, ms. */
  readonly statementMs: number;
  /** From the begin of a transaction to its end, ms. */
  readonly transactionMs: number;
  /** Statements that may wait; the next is refused. */
  readonly waiting: number;
  /** How long a start waits for a database server that cannot be reached yet, ms. */
  readonly reachMs: number;
}

export const STORE_LIMITS: StoreLimits = {
  statementMs: 5000,
  transactionMs: 10_000,
  waiting: 10_000,
  reachMs: 30_000,
};
