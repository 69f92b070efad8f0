import { digestStrength, type DigestAlgorithm } from './digest.ts';
import { parseParameter, quote, splitQuoted } from './parameters.ts';

export interface BasicChallenge {
  readonly scheme: 'basic';
  readonly realm: string;
}

export interface DigestChallenge {
  readonly scheme: 'digest';
  readonly realm: string;
  readonly nonce: string;
  readonly algorithm: DigestAlgorithm;
  /** The server offers `qop=auth`; absent in the form of RFC 2069. */
  readonly hasQopAuth: boolean;
  readonly opaque?: string;
  /** The credentials were right, only the nonce has expired. */
  readonly isStale?: boolean;
}

/** What a server asks for in `WWW-Authenticate` (RFC 9110 §11.6.1, RFC 7616 §3.3). */
export type Challenge = BasicChallenge | DigestChallenge;

/** A scheme with its parameters, out of a `WWW-Authenticate` or `Authorization` value. */
interface SchemeParameters {
  readonly scheme: string;
  readonly parameters: Map<string, string>;
}

/**
 * Parses every challenge of every `WWW-Authenticate` header; schemes, algorithms and qops that are not
 * supported are left out. The result is sorted, strongest first.
 *
 * @throws {ProtocolError} `ERR_RTSP_PARAMETERS`.
 */
export function parseChallenges(values: readonly string[]): Challenge[] {
  return values
    .flatMap(splitSchemes)
    .map(toChallenge)
    .filter((challenge) => challenge !== undefined)
    .sort((first, second) => strength(second) - strength(first));
}

export function serializeChallenge(challenge: Challenge): string {
  if (challenge.scheme === 'basic') return `Basic realm=${quote(challenge.realm)}`;
  const parts = [`realm=${quote(challenge.realm)}`, `nonce=${quote(challenge.nonce)}`];
  // Right behind the nonce, where VLC's sscanf looks for it
  if (challenge.isStale === true) parts.push('stale=true');
  // MD5 is what an absent algorithm means, and naming it confuses some NVRs
  if (challenge.algorithm !== 'MD5') parts.push(`algorithm=${challenge.algorithm}`);
  if (challenge.hasQopAuth) parts.push('qop="auth"');
  if (challenge.opaque !== undefined) parts.push(`opaque=${quote(challenge.opaque)}`);
  return `Digest ${parts.join(', ')}`;
}

/** Splits `Digest a="b", c=d, Basic realm="e"` into its schemes. */
export function splitSchemes(value: string): SchemeParameters[] {
  const schemes: SchemeParameters[] = [];
  for (const element of splitQuoted(value, ',')) {
    const match = /^([A-Za-z][\w-]*)(?:\s+([^\s=].*))?$/s.exec(element);
    const isScheme = match !== null && !/^[\w-]+\s*=/.test(element);
    const [, scheme = '', first] = match ?? [];
    if (isScheme) schemes.push({ scheme: scheme.toLowerCase(), parameters: new Map() });
    const parameter = parseParameter(isScheme ? (first ?? '') : element);
    schemes.at(-1)?.parameters.set(parameter.name, parameter.value ?? '');
  }
  return schemes;
}

/** The algorithm in its customary spelling; absent means MD5 (RFC 7616 §3.3). `undefined` when not supported. */
export function parseAlgorithm(name: string | undefined): DigestAlgorithm | undefined {
  const wanted = name === undefined || name === '' ? 'MD5' : name.trim();
  const known: DigestAlgorithm[] = ['MD5', 'MD5-sess', 'SHA-256', 'SHA-256-sess'];
  return known.find((algorithm) => algorithm.toLowerCase() === wanted.toLowerCase());
}

function toChallenge({ scheme, parameters }: SchemeParameters): Challenge | undefined {
  const realm = parameters.get('realm') ?? '';
  if (scheme === 'basic') return { scheme, realm };
  const nonce = parameters.get('nonce');
  const algorithm = parseAlgorithm(parameters.get('algorithm'));
  const qops = (parameters.get('qop') ?? '')
    .toLowerCase()
    .split(/[\s,]+/)
    .filter(Boolean);
  const hasQopAuth = qops.includes('auth');
  if (scheme !== 'digest' || nonce === undefined || algorithm === undefined) return undefined;
  if (qops.length > 0 && !hasQopAuth) return undefined; // auth-int alone
  const opaque = parameters.get('opaque');
  return {
    scheme,
    realm,
    nonce,
    algorithm,
    hasQopAuth,
    ...(opaque === undefined ? {} : { opaque }),
    ...(parameters.get('stale')?.toLowerCase() === 'true' ? { isStale: true } : {}),
  };
}

function strength(challenge: Challenge): number {
  return challenge.scheme === 'basic' ? 0 : digestStrength(challenge.algorithm);
}
