/** Stable machine-readable name of a fault; those that people meet are explained in `docs/errors.md`. */
export type ErrorCode = `ERR_${string}`;

/**
 * Bytes or a message from a peer that break a rule or a limit.
 *
 * `code` is stable and safe to match on; `message` says what was wrong and, where the reader can
 * do something about it, what to do. The session that fed the bytes ends; nothing else is affected.
 */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError';
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
