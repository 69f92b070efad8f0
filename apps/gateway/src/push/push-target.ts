import type { ErrorCode } from '@vedette/media';
import type { AddressGuard } from '../net/guarded-lookup.ts';
import type { Stream } from '../stream/stream.ts';

/** Why a push stopped, in words for the person who runs it. Never holds a password or a stream key. */
export class PushError extends Error {
  override readonly name = 'PushError';
  readonly code: ErrorCode;
  /** Trying again cannot help until the configuration changes (wrong key, unknown host…). */
  readonly isPermanent: boolean;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions & { isPermanent?: boolean }) {
    super(message, options);
    this.code = code;
    this.isPermanent = options?.isPermanent ?? false;
  }
}

/** What one attempt has sent so far. */
export interface PushTotals {
  readonly bytes: number;
  /** Units left out because the destination was slow. */
  readonly dropped: number;
  readonly queuedBytes: number;
}

/** What a push needs of whoever runs it. */
export interface PushContext {
  /** Aborts when the push is no longer wanted: say goodbye and return. */
  readonly signal: AbortSignal;
  /** What is sent; live, and fit for the protocol. */
  readonly stream: Stream;
  /** Where this push may lead. */
  readonly guard: AddressGuard;
  /** The destination takes media now. Called once. */
  onConnected(): void;
  /** Totals so far; read when somebody looks. Call once, with a function that is cheap. */
  report(totals: () => PushTotals): void;
}

/**
 * A destination that a camera is sent to. `run` makes one attempt: it resolves when the signal aborts, and
 * rejects with a `PushError` when the destination refuses, dies or takes nothing for too long. Whoever runs it
 * decides when to try again.
 */
export interface PushTarget {
  run(context: PushContext): Promise<void>;
}
