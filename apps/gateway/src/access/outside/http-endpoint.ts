import { Agent as HttpAgent, request as httpRequest } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest, type RequestOptions } from 'node:https';
import type { Duplex } from 'node:stream';
import { connect as connectTls, type ConnectionOptions } from 'node:tls';
import { refuseLiteral } from '../../net/guarded-fetch.ts';
import { networkGuard } from '../../net/guarded-lookup.ts';

export interface HttpEndpointOptions {
  readonly url: string;
  readonly timeoutMs: number;
  /** SHA-256 of the one certificate that is accepted, in hexadecimal, with or without colons. */
  readonly fingerprint?: string | undefined;
}

/** Requests at a time; further ones wait for a connection within their own time. */
const MAX_CONNECTIONS = 16;
const MAX_WAITING = 500;

/** The endpoint cannot be asked, or says nothing. */
class EndpointUnavailableError extends Error {
  override readonly name = 'EndpointUnavailableError';
}

type OnConnection = (error: Error | null, socket: Duplex) => void;

/** Accepts one certificate, whoever signed it; nothing is sent before it was looked at. */
class PinnedAgent extends HttpsAgent {
  readonly #fingerprint: string;

  constructor(fingerprint: string, maxSockets: number) {
    super({ keepAlive: true, maxSockets });
    this.#fingerprint = plainFingerprint(fingerprint);
  }

  override createConnection(options: RequestOptions, callback?: OnConnection): undefined {
    const socket = connectTls({ ...(options as ConnectionOptions), rejectUnauthorized: false }, () => {
      const { fingerprint256 } = socket.getPeerCertificate();
      socket.removeListener('error', fail);
      if (plainFingerprint(fingerprint256) === this.#fingerprint) {
        callback?.(null, socket);
        return;
      }
      socket.destroy();
      fail(new EndpointUnavailableError(`its certificate has another fingerprint: ${fingerprint256}`));
    });
    const fail = (error: Error): void => callback?.(error, socket);
    socket.once('error', fail);
  }
}

/** An HTTP endpoint that is sent JSON and answers by its status. Few connections, kept open. */
export class HttpEndpoint {
  readonly #url: URL;
  readonly #timeoutMs: number;
  readonly #agent: HttpAgent | HttpsAgent;
  #waiting = 0;

  constructor({ url, timeoutMs, fingerprint }: HttpEndpointOptions) {
    this.#url = new URL(url);
    this.#timeoutMs = timeoutMs;
    const settings = { keepAlive: true, maxSockets: MAX_CONNECTIONS };
    if (this.#url.protocol === 'http:') this.#agent = new HttpAgent(settings);
    else if (fingerprint === undefined) this.#agent = new HttpsAgent(settings);
    else this.#agent = new PinnedAgent(fingerprint, MAX_CONNECTIONS);
  }

  /**
   * Posts `body` as JSON.
   *
   * @returns the status of the answer.
   * @throws {EndpointUnavailableError} there is none in time, or too many wait.
   */
  async post(body: unknown): Promise<number> {
    if (this.#waiting >= MAX_WAITING) throw new EndpointUnavailableError('too many wait for its answers');
    this.#waiting += 1;
    try {
      return await this.#post(JSON.stringify(body));
    } catch (error) {
      if (error instanceof EndpointUnavailableError) throw error;
      throw new EndpointUnavailableError('it does not answer', { cause: error });
    } finally {
      this.#waiting -= 1;
    }
  }

  /** Closes the connections. Safe to call twice. */
  close(): void {
    this.#agent.destroy();
  }

  async #post(text: string): Promise<number> {
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    refuseLiteral(this.#url, networkGuard);
    const send = this.#url.protocol === 'http:' ? httpRequest : httpsRequest;
    const request = send(this.#url, {
      method: 'POST',
      agent: this.#agent,
      lookup: networkGuard.lookup,
      signal: AbortSignal.timeout(this.#timeoutMs),
      headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) },
    });
    request.once('response', (response) => {
      response.on('error', () => undefined);
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    // Also behind the answer: the time is up while its body is still coming.
    request.on('error', reject);
    request.end(text);
    return promise;
  }
}

function plainFingerprint(fingerprint: string): string {
  return fingerprint.replaceAll(':', '').toUpperCase();
}
