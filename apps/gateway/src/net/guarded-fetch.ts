import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isIP } from 'node:net';
import { networkGuard, type AddressGuard } from './guarded-lookup.ts';

export interface GuardedFetchOptions {
  readonly method?: string;
  readonly headers?: ConstructorParameters<typeof Headers>[0];
  readonly body?: unknown;
  readonly signal?: AbortSignal | null | undefined;
}

/** Metadata, keys and tokens are far smaller. */
const MAX_ANSWER_BYTES = 1024 * 1024;
const TIMEOUT_MS = 10_000;
/** Statuses that have no body (Fetch §2.2.3): `Response` refuses one. */
const WITHOUT_BODY: ReadonlySet<number> = new Set([204, 205, 304]);

/**
 * As `fetch`, for small answers of services that the administrator names, and where these lead: no connection to an
 * address that the guard refuses, whatever a name resolves to. Redirects are not followed: they are answers.
 *
 * @throws {AddressRefusedError} it leads where nothing may lead.
 * @throws {Error} it cannot be reached, does not answer within 10 s, or answers too much.
 */
export async function guardedFetch(
  address: string,
  { method = 'GET', headers = {}, body, signal }: GuardedFetchOptions = {},
  guard: AddressGuard = networkGuard,
): Promise<Response> {
  const url = new URL(address);
  if (!/^https?:$/.test(url.protocol)) throw new TypeError('only http and https addresses can be fetched');
  refuseLiteral(url, guard);
  const limit = AbortSignal.timeout(TIMEOUT_MS);
  const sent = bodyText(body);
  const request = url.protocol === 'https:' ? httpsRequest : httpRequest;
  const asked = request(url, {
    method,
    agent: false,
    lookup: guard.lookup,
    signal: signal === undefined || signal === null ? limit : AbortSignal.any([signal, limit]),
    headers: {
      ...Object.fromEntries(new Headers(headers)),
      ...(sent === undefined ? {} : { 'content-length': Buffer.byteLength(sent) }),
    },
  });
  asked.on('error', () => undefined); // also after the answer
  const answered = once(asked, 'response') as Promise<[IncomingMessage]>;
  asked.end(sent);
  const [answer] = await answered;
  try {
    return await responseOf(answer);
  } finally {
    asked.destroy();
  }
}

/**
 * An address that is written out needs no lookup, and so never comes to the guard's.
 *
 * @throws {AddressRefusedError}
 */
export function refuseLiteral({ hostname }: URL, guard: AddressGuard): void {
  const host = hostname.replace(/^\[|\]$/g, '');
  if (isIP(host) !== 0 && !guard.isAllowed(host)) throw guard.refusal();
}

function bodyText(body: unknown): string | undefined {
  if (body === undefined || body === null) return undefined;
  if (typeof body === 'string') return body;
  if (body instanceof URLSearchParams) return body.toString();
  if (body instanceof Uint8Array) return Buffer.from(body).toString();
  throw new TypeError('a body is text or a form');
}

async function responseOf(answer: IncomingMessage): Promise<Response> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of answer as AsyncIterable<Buffer>) {
    length += part.length;
    if (length > MAX_ANSWER_BYTES) throw new Error(`the answer has more than ${MAX_ANSWER_BYTES} bytes`);
    parts.push(part);
  }
  const { statusCode: status = 0, headersDistinct } = answer;
  const headers = new Headers();
  for (const [name, values = []] of Object.entries(headersDistinct))
    for (const value of values) headers.append(name, value);
  return new Response(WITHOUT_BODY.has(status) ? null : Buffer.concat(parts), { status, headers });
}
