/** Why somebody could not log in by OpenID Connect: explained in docs/errors.md. */
export type OidcErrorCode =
  /** The provider cannot be reached, or answers nonsense. */
  | 'ERR_OIDC_UNAVAILABLE'
  /** The login was not begun in this browser, or too long ago. */
  | 'ERR_OIDC_STATE'
  /** The provider, or the person there, refused. */
  | 'ERR_OIDC_DENIED'
  /** What the provider sent proves nothing. */
  | 'ERR_OIDC_FAILED'
  /** None of his groups has a role. */
  | 'ERR_OIDC_NO_ROLE'
  | 'ERR_OIDC_DISABLED'
  | 'ERR_STORE_UNAVAILABLE'
  | 'ERR_RATE_LIMITED';

export class OidcError extends Error {
  override readonly name = 'OidcError';
  readonly code: OidcErrorCode;

  constructor(code: OidcErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
