import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { Agent, request, type ClientRequest, type IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { ClientAuthenticator } from '@vedette/protocols';
import { SourceError } from '../cameras/source.ts';
import { connectToCamera, type TlsTrust } from './camera-socket.ts';
import { formatHost, redirectedAddress, type HttpAddress } from './http-address.ts';
import { socketError } from './socket-error.ts';

const CONNECT_TIMEOUT_MS = 5000;
/** From the request to the head of the answer. */
const ANSWER_TIMEOUT_MS = 10_000;
const MAX_REDIRECTS = 3;
const MAX_HEAD_BYTES = 32 * 1024;

export interface HttpCameraOptions {
  readonly address: HttpAddress;
  readonly tls: TlsTrust;
  readonly userAgent: string;
  /** Aborts whatever is under way. */
  readonly signal: AbortSignal;
}

/**
 * Asks a camera by HTTP as cameras have it: Basic and Digest, redirects, headers that break the rules a little, and
 * certificates that nobody has signed. Where it leads is guarded at every step. One request at a time; the
 * connection is kept for the next one.
 */
export class HttpCamera {
  readonly #options: HttpCameraOptions;
  readonly #agent: Agent;
  #address: HttpAddress;
  #authenticator: ClientAuthenticator;

  constructor(options: HttpCameraOptions) {
    this.#options = options;
    this.#address = options.address;
    this.#authenticator = authenticatorOf(options.address);
    this.#agent = new CameraAgent(() => this.#address, options);
  }

  /** Where the last answer came from. */
  get address(): HttpAddress {
    return this.#address;
  }

  /**
   * Gets what the address names; redirects are followed, and remembered.
   *
   * @returns the answer, of a status below 400: its body belongs to the caller.
   * @throws {SourceError} `ERR_HTTP_…`, `ERR_CONNECT_…`, `ERR_TLS_…`: there is none.
   */
  async get(headers: Readonly<Record<string, string>> = {}): Promise<IncomingMessage> {
    let challenges = 0;
    for (let redirects = 0; ;) {
      const authorization = this.#authenticator.header('GET', this.#address.target);
      const answer = await this.#ask({
        ...headers,
        ...(authorization === undefined ? {} : { authorization }),
      });
      const { statusCode = 0, headers: answered } = answer;
      if (statusCode < 300 || statusCode === 304) return answer;
      // What is not read is not waited for.
      answer.destroy();
      if (statusCode === 401) {
        this.#challenged(answer, authorization !== undefined, challenges);
        challenges += 1;
      } else if (statusCode < 400 && answered.location !== undefined) {
        redirects += 1;
        if (redirects > MAX_REDIRECTS)
          throw new SourceError('ERR_HTTP_REDIRECT', 'the camera redirects again and again');
        this.#moveTo(redirectedAddress(this.#address, answered.location));
      } else {
        throw statusError(statusCode);
      }
    }
  }

  /** What is got from now on; the connection is kept where it leads to the same place. */
  goTo(address: HttpAddress): void {
    this.#moveTo(address);
  }

  /** What a further request of this method, on a connection of the caller's own, has to show; nothing was asked for where absent. */
  authorization(method: string): string | undefined {
    return this.#authenticator.header(method, this.#address.target);
  }

  /** Ends every connection. */
  close(): void {
    this.#agent.destroy();
  }

  #moveTo(address: HttpAddress): void {
    const isSameHost = address.host === this.#address.host && address.port === this.#address.port;
    this.#address = address;
    if (!isSameHost || address.credentials === undefined) this.#authenticator = authenticatorOf(address);
  }

  #challenged(answer: IncomingMessage, wasAuthorized: boolean, challenges: number): void {
    const values = answer.headersDistinct['www-authenticate'] ?? [];
    const outcome = this.#authenticator.challenged(values, wasAuthorized, challenges);
    if (outcome === 'retry') return;
    const [code, sentence] =
      outcome === 'unsupported'
        ? (['ERR_HTTP_AUTH_UNSUPPORTED', 'asks for an authentication other than Basic or Digest'] as const)
        : ([
            'ERR_HTTP_UNAUTHORIZED',
            outcome === 'noCredentials'
              ? 'asks for a user name and password'
              : 'refused the user name or password',
          ] as const);
    throw new SourceError(code, `the camera ${sentence}`, { isPermanent: true });
  }

  async #ask(headers: Readonly<Record<string, string>>): Promise<IncomingMessage> {
    const made = this.#request(headers);
    try {
      return await answerOf(made, this.#options.signal);
    } catch (error) {
      // A camera may close a kept connection at the very moment of the next request.
      if (!made.reusedSocket || this.#options.signal.aborted) throw toSourceError(error);
    }
    return answerOf(this.#request(headers), this.#options.signal).catch((error: unknown) => {
      throw toSourceError(error);
    });
  }

  #request(headers: Readonly<Record<string, string>>): ClientRequest {
    const { host, port, target } = this.#address;
    return request({
      agent: this.#agent,
      host,
      port,
      path: target,
      setHost: false,
      insecureHTTPParser: true,
      maxHeaderSize: MAX_HEAD_BYTES,
      headers: { host: formatHost(this.#address), 'user-agent': this.#options.userAgent, ...headers },
    });
  }
}

/** Connects as every source does: guarded, with the camera's certificate looked at. */
class CameraAgent extends Agent {
  readonly #address: () => HttpAddress;
  readonly #options: HttpCameraOptions;

  constructor(address: () => HttpAddress, options: HttpCameraOptions) {
    super({ keepAlive: true, maxSockets: 1 });
    this.#address = address;
    this.#options = options;
  }

  override createConnection(
    _options: unknown,
    callback?: (error: Error | null, stream: Duplex) => void,
  ): null | undefined {
    const { tls, signal } = this.#options;
    connectToCamera(this.#address(), { tls, timeoutMs: CONNECT_TIMEOUT_MS, signal }).then(
      (socket) => callback?.(null, socket),
      // The second one is not looked at beside an error.
      (error: unknown) => (callback as ((error: unknown) => void) | undefined)?.(error),
    );
    return undefined;
  }

  /** A connection is one to an address with or without TLS. */
  override getName(): string {
    const { host, port, isSecure } = this.#address();
    return `${host}:${port}:${String(isSecure)}`;
  }
}

async function answerOf(made: ClientRequest, signal: AbortSignal): Promise<IncomingMessage> {
  const timer = setTimeout(
    () => made.destroy(new SourceError('ERR_HTTP_TIMEOUT', 'the camera did not answer the request in time')),
    CONNECT_TIMEOUT_MS + ANSWER_TIMEOUT_MS,
  );
  const abort = (): void => void made.destroy(new SourceError('ERR_CONNECT_ABORTED', 'no longer wanted'));
  signal.addEventListener('abort', abort, { once: true });
  try {
    if (signal.aborted) abort();
    made.end();
    const [answer] = (await once(made, 'response')) as [IncomingMessage];
    // Errors of the body are for whoever reads it; until then they must not end the process.
    made.on('error', () => undefined);
    answer.on('error', () => undefined);
    return answer;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', abort);
  }
}

function authenticatorOf({ credentials }: HttpAddress): ClientAuthenticator {
  return new ClientAuthenticator(credentials, randomBytes(8).toString('hex'));
}

function statusError(status: number): SourceError {
  switch (status) {
    case 403:
      return new SourceError('ERR_HTTP_FORBIDDEN', 'the camera does not let this user see the stream');
    case 404:
    case 410:
      return new SourceError('ERR_HTTP_NOT_FOUND', 'the camera has nothing at this path: check the address');
    case 503:
      return new SourceError('ERR_HTTP_BUSY', 'the camera is busy: it may have too many viewers');
    default:
      return new SourceError('ERR_HTTP_STATUS', `the camera refused the request (status ${status})`);
  }
}

function toSourceError(error: unknown): SourceError {
  if (error instanceof SourceError) return error;
  const isParser = error instanceof Error && 'code' in error && String(error.code).startsWith('HPE_');
  if (isParser)
    return new SourceError('ERR_HTTP_GARBAGE', 'what answers at this address and port does not speak HTTP');
  return socketError(error);
}
