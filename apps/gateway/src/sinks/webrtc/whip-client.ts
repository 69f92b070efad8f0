import type { ErrorCode } from '@vedette/media';
import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import type { AddressGuard } from '../../net/guarded-lookup.ts';
import { PushError } from '../../push/push-target.ts';
import { connectToDestination, toPushError } from '../destination-socket.ts';
import { resolveWhipLocation, type WhipAddress } from './whip-address.ts';

/** From the request to the end of the answer. */
const ANSWER_TIMEOUT_MS = 5000;
const GOODBYE_TIMEOUT_MS = 2000;
const MAX_REDIRECTS = 3;
const MAX_HEAD_BYTES = 32 * 1024;
const MAX_ANSWER_BYTES = 64 * 1024;

export interface WhipClientOptions {
  readonly guard: AddressGuard;
  readonly userAgent: string;
  /** Authorities that are trusted instead of the known ones, PEM. */
  readonly authorities?: string | undefined;
}

/** A session at a WHIP server. */
export interface WhipSession {
  readonly answer: string;
  /** What ends it; a server that names none notices by itself. */
  readonly resource: WhipAddress | undefined;
}

interface Request {
  readonly method: 'POST' | 'DELETE';
  readonly address: WhipAddress;
  readonly body: string;
}

/** The HTTP of a WHIP client (RFC 9725 §4): a connection for each request, guarded at every step. */
export class WhipClient {
  readonly #options: WhipClientOptions;

  constructor(options: WhipClientOptions) {
    this.#options = options;
  }

  /**
   * Offers to publish; redirects that keep the method are followed (RFC 9725 §4.5).
   *
   * @throws {PushError} `ERR_WHIP_…`, or the server cannot be reached. Any when `signal` aborts.
   */
  async post(first: WhipAddress, offer: string, signal: AbortSignal): Promise<WhipSession> {
    let address = first;
    for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects += 1) {
      const { head, body } = await this.#ask({ method: 'POST', address, body: offer }, signal);
      const { statusCode = 0, headers } = head;
      if (statusCode !== 307 && statusCode !== 308) return sessionOf(address, statusCode, headers, body);
      address = resolveWhipLocation(address, headers.location ?? '');
    }
    throw new PushError('ERR_WHIP_LOCATION', 'the destination redirects again and again');
  }

  /** Ends a session; whether the server has taken it is of no consequence. Never rejects. */
  async end(resource: WhipAddress): Promise<void> {
    const signal = AbortSignal.timeout(GOODBYE_TIMEOUT_MS);
    await this.#ask({ method: 'DELETE', address: resource, body: '' }, signal).catch(() => undefined);
  }

  async #ask(
    { method, address: { url, token }, body }: Request,
    signal: AbortSignal,
  ): Promise<{ head: IncomingMessage; body: string }> {
    const { userAgent, guard, authorities } = this.#options;
    const isSecure = url.protocol === 'https:';
    const host = url.hostname.replace(/^\[|\]$/g, '');
    const port = url.port === '' ? (isSecure ? 443 : 80) : Number(url.port);
    const trust = authorities === undefined ? {} : { authorities };
    const socket = await connectToDestination({ host, port, isSecure }, { guard, signal, ...trust });
    const patience = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_TIMEOUT_MS)]);
    try {
      const asked = request({
        createConnection: () => socket,
        method,
        path: `${url.pathname}${url.search}`,
        maxHeaderSize: MAX_HEAD_BYTES,
        signal: patience,
        headers: {
          host: url.host,
          'user-agent': userAgent,
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
          ...(method === 'POST' ? { 'content-type': 'application/sdp', accept: 'application/sdp' } : {}),
          'content-length': Buffer.byteLength(body),
        },
      });
      asked.on('error', () => undefined); // also after the answer
      const response = once(asked, 'response') as Promise<[IncomingMessage]>;
      asked.end(body);
      const [head] = await response;
      return { head, body: await bodyOf(head) };
    } catch (error) {
      throw inWords(error, patience.aborted && !signal.aborted);
    } finally {
      socket.destroy();
    }
  }
}

function sessionOf(
  address: WhipAddress,
  status: number,
  { 'content-type': type = '', location }: IncomingMessage['headers'],
  body: string,
): WhipSession {
  if (status < 200 || status > 299) throw refusal(status, address.token !== undefined);
  if (!/^application\/sdp\s*(?:;|$)/i.test(type)) {
    throw new PushError('ERR_WHIP_ANSWER', 'what answers at this address is no WHIP endpoint');
  }
  const resource = location === undefined ? undefined : resolveWhipLocation(address, location);
  return { answer: body, resource };
}

const NOT_FOUND = [
  'ERR_WHIP_NOT_FOUND',
  'the destination takes nothing at this path: check the address',
] as const;
const BUSY = ['ERR_WHIP_BUSY', 'the destination is busy'] as const;

const BY_STATUS: Readonly<Record<number, readonly [code: ErrorCode, sentence: string]>> = {
  404: NOT_FOUND,
  405: NOT_FOUND,
  409: ['ERR_WHIP_CONFLICT', 'somebody else publishes there already, or nobody may'],
  410: NOT_FOUND,
  429: BUSY,
  503: BUSY,
};

/** What the server's status means to the person who runs the push. */
function refusal(status: number, hasToken: boolean): PushError {
  if (status === 401 || status === 403) {
    const sentence = hasToken ? 'the destination refuses the token' : 'the destination asks for a token';
    return new PushError('ERR_WHIP_UNAUTHORIZED', sentence, { isPermanent: true });
  }
  const [code, sentence] = BY_STATUS[status] ?? [
    'ERR_WHIP_REFUSED',
    `the destination does not take what it is offered (status ${status})`,
  ];
  return new PushError(code, sentence);
}

async function bodyOf(message: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of message as AsyncIterable<Buffer>) {
    length += part.length;
    if (length > MAX_ANSWER_BYTES)
      throw new PushError('ERR_WHIP_ANSWER', 'the destination’s answer is too long');
    parts.push(part);
  }
  return Buffer.concat(parts).toString();
}

function inWords(error: unknown, isLate: boolean): unknown {
  if (isLate) return new PushError('ERR_CONNECT_TIMEOUT', 'the destination did not answer the offer in time');
  const isParser = error instanceof Error && 'code' in error && String(error.code).startsWith('HPE_');
  return isParser
    ? new PushError('ERR_WHIP_ANSWER', 'what answers at this address and port does not speak HTTP')
    : toPushError(error);
}
