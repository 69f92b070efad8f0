import { parseAlgorithm, splitSchemes, type Challenge } from './challenge.ts';
import { digestResponse, type DigestAlgorithm } from './digest.ts';
import { quote } from './parameters.ts';

export interface Credentials {
  readonly user: string;
  readonly password: string;
}

export interface BasicAuthorization extends Credentials {
  readonly scheme: 'basic';
}

export interface DigestAuthorization {
  readonly scheme: 'digest';
  readonly user: string;
  readonly realm: string;
  readonly nonce: string;
  readonly uri: string;
  readonly response: string;
  readonly algorithm: DigestAlgorithm;
  readonly qop?: { readonly name: 'auth'; readonly nonceCount: string; readonly clientNonce: string };
  readonly clientNonce: string;
  readonly opaque?: string;
}

export interface BearerAuthorization {
  readonly scheme: 'bearer';
  readonly token: string;
}

/** What a client shows in `Authorization`. */
export type Authorization = BasicAuthorization | DigestAuthorization | BearerAuthorization;

/**
 * Parses an `Authorization` header.
 *
 * @returns `undefined` for what is malformed or not supported: to the server that is the same as no credentials.
 * @throws {ProtocolError} `ERR_RTSP_PARAMETERS`.
 */
export function parseAuthorization(value: string): Authorization | undefined {
  const token68 = /^(basic|bearer)\s+([\w.~+/=-]+)\s*$/i.exec(value.trim());
  const [, scheme = '', token = ''] = token68 ?? [];
  if (scheme.toLowerCase() === 'bearer') return { scheme: 'bearer', token };
  if (scheme.toLowerCase() === 'basic') return parseBasic(token);
  const [found] = splitSchemes(value);
  return found?.scheme === 'digest' ? parseDigest(found.parameters) : undefined;
}

/**
 * Answers a challenge for one request.
 *
 * @param nonceCount how many requests have used this nonce, this one included; from 1.
 * @param clientNonce unpredictable text, made by the caller.
 */
export function authorize(
  challenge: Challenge,
  credentials: Credentials,
  request: { readonly method: string; readonly url: string },
  nonceCount: number,
  clientNonce: string,
): string {
  if (challenge.scheme === 'basic') {
    return `Basic ${toBase64(`${credentials.user}:${credentials.password}`)}`;
  }
  const { realm, nonce, algorithm, hasQopAuth, opaque } = challenge;
  const nc = nonceCount.toString(16).padStart(8, '0');
  const response = digestResponse({
    algorithm,
    ...credentials,
    realm,
    nonce,
    method: request.method,
    uri: request.url,
    clientNonce,
    ...(hasQopAuth ? { qop: { name: 'auth', nonceCount: nc, clientNonce } } : {}),
  });
  const parts = [
    `username=${quote(credentials.user)}`,
    `realm=${quote(realm)}`,
    `nonce=${quote(nonce)}`,
    `uri=${quote(request.url)}`,
    `response="${response}"`,
  ];
  // Left out for plain MD5: several cameras refuse a header that names what they did not ask for
  if (algorithm !== 'MD5') parts.push(`algorithm=${algorithm}`);
  if (hasQopAuth) parts.push('qop=auth', `nc=${nc}`);
  if (hasQopAuth || algorithm.endsWith('-sess')) parts.push(`cnonce=${quote(clientNonce)}`);
  if (opaque !== undefined) parts.push(`opaque=${quote(opaque)}`);
  return `Digest ${parts.join(', ')}`;
}

/** Compares without telling by its duration where the texts differ; their lengths are no secret. */
export function equalInConstantTime(first: string, second: string): boolean {
  let difference = first.length ^ second.length;
  for (let at = 0; at < first.length; at += 1) {
    difference |= first.charCodeAt(at) ^ second.charCodeAt(at % Math.max(second.length, 1));
  }
  return difference === 0;
}

function parseBasic(token: string): BasicAuthorization | undefined {
  let text: string;
  try {
    text = new TextDecoder().decode(Uint8Array.from(atob(token), (char) => char.charCodeAt(0)));
  } catch {
    return undefined;
  }
  const colon = text.indexOf(':');
  if (colon === -1) return undefined;
  return { scheme: 'basic', user: text.slice(0, colon), password: text.slice(colon + 1) };
}

function parseDigest(parameters: ReadonlyMap<string, string>): DigestAuthorization | undefined {
  const text = (name: string): string => parameters.get(name) ?? '';
  const algorithm = parseAlgorithm(parameters.get('algorithm'));
  const qop = text('qop').toLowerCase();
  const isComplete = ['username', 'nonce', 'uri', 'response'].every((name) => parameters.has(name));
  if (!isComplete || algorithm === undefined || !/^(?:auth)?$/.test(qop)) return undefined;
  const clientNonce = text('cnonce');
  const opaque = parameters.get('opaque');
  return {
    scheme: 'digest',
    user: text('username'),
    realm: text('realm'),
    nonce: text('nonce'),
    uri: text('uri'),
    response: text('response').toLowerCase(),
    algorithm,
    ...(qop === '' ? {} : { qop: { name: 'auth', nonceCount: text('nc'), clientNonce } }),
    clientNonce,
    ...(opaque === undefined ? {} : { opaque }),
  };
}

function toBase64(text: string): string {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)));
}
