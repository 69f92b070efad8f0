/** What the gateway and the thread of the database say to each other: messages between threads, plain objects. */
export interface Statement {
  readonly sql: string;
  readonly parameters: readonly unknown[];
  /** It changes something. */
  readonly isWrite: boolean;
  /** It may be committed together with others; what neither reads nor writes rows stands alone. */
  readonly isShareable: boolean;
}

/** An error of SQLite; `errcode` is its extended result code, 0 where the error is none of SQLite's. */
export interface Fault {
  readonly errcode: number;
  readonly message: string;
}

export interface Outcome {
  readonly rows: readonly object[];
  /** Rows changed, inserted or deleted. */
  readonly changes: number;
}

export type Result = { readonly outcome: Outcome } | { readonly fault: Fault };

export type ToThread =
  { readonly type: 'run'; readonly statements: readonly Statement[] } | { readonly type: 'close' };

export type FromThread =
  | { readonly type: 'opened' }
  | { readonly type: 'refused'; readonly code: `ERR_STORE_${string}`; readonly message: string }
  | { readonly type: 'results'; readonly results: readonly Result[] };

export interface ThreadData {
  /** The database; its lock and the number of the process lie beside it. */
  readonly file: string;
}
