import { fastifyCookie } from '@fastify/cookie';
import { SESSION_COOKIE, SHARE_COOKIE } from '@vedette/contract';
import type { IncomingHttpHeaders } from 'node:http';
import type { Credentials } from '../../access/door.ts';
import type { SeenRequest } from './proxy-trust.ts';

/** What of a request says who asks. */
export interface ShownRequest {
  readonly method: string;
  readonly headers: IncomingHttpHeaders;
  readonly seen: Pick<SeenRequest, 'host' | 'isEncrypted'>;
  /** `?token=`, where the address is of media: players have no other place for it. */
  readonly queryToken?: string | undefined;
}

/** What a request shows. */
export interface Shown {
  /** In the order in which they are to be tried. */
  readonly credentials: readonly Credentials[];
  /** There are cookies that do not count: a page of another site may have sent the request. */
  readonly hasForeignCookies: boolean;
}

const SAFE_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);
/** Of one secret; JWTs of outside issuers with many claims are some kilobytes. */
const MAX_SECRET = 8192;

/**
 * Finds the credentials in a request. What was written for it (`Authorization`, `?token=`) stands alone; cookies,
 * which browsers add by themselves, count where nothing was, and only from pages of this site.
 */
export function shownBy(request: ShownRequest): Shown {
  const { headers, queryToken } = request;
  const written = authorization(headers.authorization) ?? token(queryToken);
  if (written !== undefined) return { credentials: [written], hasForeignCookies: false };
  const cookies = cookiesOf(headers.cookie);
  if (cookies.length === 0 || isOfThisSite(request))
    return { credentials: cookies, hasForeignCookies: false };
  return { credentials: [], hasForeignCookies: true };
}

function authorization(header: string | undefined): Credentials | undefined {
  const [, scheme = '', value = ''] = /^(basic|bearer) +(\S+) *$/i.exec(header ?? '') ?? [];
  return scheme.toLowerCase() === 'basic' ? basic(value) : token(value);
}

/** RFC 7617 §2: everything behind the first colon is the password. */
function basic(encoded: string): Credentials | undefined {
  if (encoded.length > MAX_SECRET) return undefined;
  const text = Buffer.from(encoded, 'base64').toString();
  const colon = text.indexOf(':');
  if (colon === -1) return undefined;
  return { kind: 'password', user: text.slice(0, colon), password: text.slice(colon + 1) };
}

function token(value: string | undefined): Credentials | undefined {
  if (value === undefined || value === '' || value.length > MAX_SECRET) return undefined;
  return { kind: 'token', token: value };
}

/** A login before a share link: it may be good for more. */
function cookiesOf(header: string | undefined): Credentials[] {
  if (header === undefined) return [];
  const cookies: Readonly<Record<string, string | undefined>> = fastifyCookie.parse(header);
  const session = cookies[SESSION_COOKIE];
  const share = token(cookies[SHARE_COOKIE]);
  const found: Credentials[] = [];
  if (session !== undefined && session !== '' && session.length <= MAX_SECRET)
    found.push({ kind: 'cookie', value: session });
  if (share !== undefined) found.push(share);
  return found;
}

/**
 * Whether a page of this site, or no page at all, has sent the request. `SameSite` alone would not do: other ports
 * and sub-domains of a host are the same site. What changes something must say where it comes from.
 */
function isOfThisSite({ method, headers, seen }: ShownRequest): boolean {
  const { origin, 'sec-fetch-site': site, 'sec-fetch-mode': mode } = headers;
  const isSafe = SAFE_METHODS.has(method);
  if (origin !== undefined) return isOrigin(origin, seen);
  if (site === 'same-origin' || site === 'none') return true;
  // A link from elsewhere, followed: the browser shows the answer to the person, and to no page.
  if (site !== undefined) return isSafe && mode === 'navigate';
  return isSafe;
}

function isOrigin(origin: string, { host, isEncrypted }: ShownRequest['seen']): boolean {
  if (host === undefined || !URL.canParse(origin)) return false;
  const { protocol, host: named } = new URL(origin);
  if (isEncrypted && protocol !== 'https:') return false;
  const own = `${protocol}//${host}`; // without the port that is the scheme's
  return URL.canParse(own) && named === new URL(own).host;
}
