import { createHash } from 'node:crypto';

/** Hash algorithms of Digest authentication (RFC 7616 §3.2). */
export type DigestAlgorithm = 'MD5' | 'MD5-sess' | 'SHA-256' | 'SHA-256-sess';

/** Weakest first; `undefined` for names that are not supported. */
export function digestStrength(algorithm: string): number {
  return ['MD5', 'MD5-SESS', 'SHA-256', 'SHA-256-SESS'].indexOf(algorithm.toUpperCase()) + 1;
}

export interface DigestInput {
  readonly algorithm: DigestAlgorithm;
  readonly user: string;
  readonly realm: string;
  readonly password: string;
  readonly method: string;
  /** As sent in the `uri` parameter. */
  readonly uri: string;
  readonly nonce: string;
  /** Present with `qop=auth`; absent in the older form of RFC 2069 that many cameras speak. */
  readonly qop?: { readonly name: 'auth'; readonly nonceCount: string; readonly clientNonce: string };
  /** Needed by the `-sess` algorithms even without `qop`. */
  readonly clientNonce?: string;
}

/** The `response` value of Digest authentication (RFC 7616 §3.4.1), in lower-case hex. */
export function digestResponse(input: DigestInput): string {
  const { algorithm, user, realm, password, method, uri, nonce, qop } = input;
  const hash = (text: string): string =>
    createHash(algorithm.startsWith('MD5') ? 'md5' : 'sha256')
      .update(text, 'utf8')
      .digest('hex');
  let secret = hash(`${user}:${realm}:${password}`);
  if (algorithm.endsWith('-sess')) {
    secret = hash(`${secret}:${nonce}:${qop?.clientNonce ?? input.clientNonce ?? ''}`);
  }
  const subject = hash(`${method}:${uri}`);
  if (qop === undefined) return hash(`${secret}:${nonce}:${subject}`);
  return hash(`${secret}:${nonce}:${qop.nonceCount}:${qop.clientNonce}:${qop.name}:${subject}`);
}
