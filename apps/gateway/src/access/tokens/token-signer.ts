import { SignJWT, type JWTPayload } from 'jose';
import { createHmac, timingSafeEqual } from 'node:crypto';

/** `iss` of the tokens that this installation signs. */
export const TOKEN_ISSUER = 'vedette';

const SIGNATURE_BYTES = 32;
/** A header is a few dozen bytes; whatever claims to be one and is longer, is none of ours. */
const MAX_TOKEN_LENGTH = 2048;

/**
 * Signs and checks JSON Web Tokens of one type with HMAC-SHA-256 (RFC 7515, RFC 7519).
 *
 * They are checked here and not by the library that signs them: its check goes through the thread pool, where it would
 * wait behind the hashing of passwords.
 */
export class TokenSigner {
  readonly #key: Uint8Array;
  readonly #typ: string;
  /** The first part of every token of this type: the header never differs. */
  readonly #head: string;

  /** @param typ media type of the token without `application/` (RFC 7519 §5.1), e.g. `stream+jwt`. */
  constructor(key: Uint8Array, typ: string) {
    this.#key = key;
    this.#typ = typ;
    this.#head = `${Buffer.from(JSON.stringify({ alg: 'HS256', typ })).toString('base64url')}.`;
  }

  /** The same claims make the same token. */
  async sign(claims: JWTPayload): Promise<string> {
    return new SignJWT(claims).setProtectedHeader({ alg: 'HS256', typ: this.#typ }).sign(this.#key);
  }

  /** Whether the token says that it is of this type; anybody can say so. */
  isOfType(token: string): boolean {
    return token.startsWith(this.#head) && token.length <= MAX_TOKEN_LENGTH;
  }

  /** Whether the token was signed by this key; takes some microseconds, whatever is wrong with it. */
  isSigned(token: string): boolean {
    const end = token.lastIndexOf('.');
    const signature = Buffer.from(token.slice(end + 1), 'base64url');
    const expected = createHmac('sha256', this.#key)
      .update(token.slice(0, Math.max(end, 0)))
      .digest();
    return signature.length === SIGNATURE_BYTES && timingSafeEqual(signature, expected);
  }

  /** The claims of a token that this key has signed; `undefined` of any other. Says nothing about its time. */
  claimsOf(token: string): JWTPayload | undefined {
    if (!this.isOfType(token) || !this.isSigned(token)) return undefined;
    return JSON.parse(Buffer.from(token.split('.', 2)[1] ?? '', 'base64url').toString()) as JWTPayload;
  }
}
