/** What was asked for cannot be done as things are; nothing was changed. The message is for whoever asked. */
export class NotPossibleError extends Error {
  override readonly name = 'NotPossibleError';
  readonly code: `ERR_${string}`;
  /** `missing`: what it is about is not there; `conflict`: something stands against it; `invalid`: nonsense. */
  readonly kind: 'missing' | 'conflict' | 'invalid';

  constructor(kind: NotPossibleError['kind'], code: NotPossibleError['code'], message: string) {
    super(message);
    this.kind = kind;
    this.code = code;
  }
}
