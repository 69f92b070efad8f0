import { createHash } from 'node:crypto';

/** Hash algorithms of Digest authentication (RFC 7616 §3.2). */
export type DigestAlgorithm = 'MD5' | 'MD5-sess' | 'SHA-256' | 'SHA-256-sess';

/** Weakest first; `undefined` for names that are not supported. */
export function digestStrength(algorithm: string): number {
  return ['MD5', 'MD5-SESS', 'SHA-256', 'SHA-256-SESS'].indexOf(algorithm.toUpperCase()) + 1;
}

/** What a response is made of, beside the secret. */
export interface DigestRequest {
  readonly algorithm: DigestAlgorithm;
  readonly method: string;
  /** As sent in the `uri` parameter. */
  readonly uri: string;
  readonly nonce: string;
  /** Present with `qop=auth`; absent in the older form of RFC 2069 that many cameras speak. */
  readonly qop?: { readonly name: 'auth'; readonly nonceCount: string; readonly clientNonce: string };
  /** Needed by the `-sess` algorithms even without `qop`. */
  readonly clientNonce?: string;
}

export interface DigestInput extends DigestRequest {
  readonly user: string;
  readonly realm: string;
  readonly password: string;
}

/** The `response` value of Digest authentication (RFC 7616 §3.4.1), in lower-case hex. */
export function digestResponse({ user, realm, password, ...request }: DigestInput): string {
  return digestResponseOf(hash(request.algorithm, `${user}:${realm}:${password}`), request);
}

/** The same, out of HA1: H(user:realm:password) in lower-case hex (RFC 7616 §3.4.2), `-sess` or not. */
export function digestResponseOf(ha1: string, request: DigestRequest): string {
  const { algorithm, method, uri, nonce, qop } = request;
  const secret = algorithm.endsWith('-sess')
    ? hash(algorithm, `${ha1}:${nonce}:${qop?.clientNonce ?? request.clientNonce ?? ''}`)
    : ha1;
  const subject = hash(algorithm, `${method}:${uri}`);
  if (qop === undefined) return hash(algorithm, `${secret}:${nonce}:${subject}`);
  return hash(algorithm, `${secret}:${nonce}:${qop.nonceCount}:${qop.clientNonce}:${qop.name}:${subject}`);
}

function hash(algorithm: DigestAlgorithm, text: string): string {
  return createHash(algorithm.startsWith('MD5') ? 'md5' : 'sha256')
    .update(text, 'utf8')
    .digest('hex');
}
