import cookie from '@fastify/cookie';
import helmet from '@fastify/helmet';
import { problem } from '@vedette/contract';
import Fastify, { type FastifyError } from 'fastify';
import {
  hasZodFastifySchemaValidationErrors,
  serializerCompiler,
  validatorCompiler,
  type ZodTypeProvider,
} from 'fastify-type-provider-zod';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer as createSecureServer, type Server as SecureServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { shownHost } from '../../net/shown-host.ts';
import type { OpenCertificate } from '../../net/listener-certificate.ts';
import type { CertificateSource } from '../../net/tls-certificate.ts';
import type { Logger } from '../../observability/logger.ts';
import { accessHook } from './access-hook.ts';
import type { HttpAccess } from './http-access.ts';
import type { HttpApp } from './http-app.ts';
import { originGuard } from './origin-guard.ts';
import { HttpProblem } from './problems.ts';

export interface HttpServerOptions {
  readonly host: string;
  /** 0 picks a free port. */
  readonly port: number;
  readonly allowedOrigins: readonly string[];
  /** Sites that may show player pages in a frame; default `*`: all. */
  readonly embedOrigins?: readonly string[];
  readonly access: HttpAccess;
  /** HTTPS, in place of HTTP. */
  readonly secure?: OpenCertificate | undefined;
  readonly logger: Logger;
}

const MAX_BODY_BYTES = 1024 * 1024;
const MAX_HEADER_BYTES = 16 * 1024;
const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 30_000;
const HANDSHAKE_TIMEOUT_MS = 10_000;
/** Of HTTP alone; TLS servers take these too. */
const SERVER_SETTINGS = {
  maxHeaderSize: MAX_HEADER_BYTES,
  headersTimeout: HEADERS_TIMEOUT_MS,
  connectionsCheckingInterval: 2000,
};
/** Browsers come back by HTTPS alone for a year (RFC 6797). */
const HSTS = { maxAge: 31_536_000, includeSubDomains: false };
const PLAYER_PAGE = /^\/live\/[^/?]+\/?(?:\?|$)/;
const MAX_CONNECTIONS = 10_000;
const MAX_CONNECTIONS_PER_ADDRESS = 2_000;

/** Everything from the site itself; blobs for media source extensions; no inline code or styles. */
const CONTENT_SECURITY_POLICY = {
  defaultSrc: ["'self'"],
  scriptSrc: ["'self'"],
  styleSrc: ["'self'"],
  imgSrc: ["'self'", 'data:', 'blob:'],
  mediaSrc: ["'self'", 'blob:'],
  connectSrc: ["'self'", 'ws:', 'wss:'],
  workerSrc: ["'self'", 'blob:'],
  objectSrc: ["'none'"],
  baseUri: ["'none'"],
  formAction: ["'self'"],
  upgradeInsecureRequests: null,
};

/** Errors of services that any route may meet, by their code; all of them pass. */
const PASSING: Readonly<Record<string, { readonly status: number; readonly title: string } | undefined>> = {
  ERR_STORE_UNAVAILABLE: { status: 503, title: 'Database away' },
  ERR_RATE_LIMITED: { status: 429, title: 'Too many requests' },
};

function passingProblem(error: unknown): HttpProblem | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  const { code, message } = error;
  const { status, title } = PASSING[String(code)] ?? {};
  if (status === undefined || title === undefined) return undefined;
  const detail = status === 503 ? 'The database is away: try again in a moment.' : message;
  return new HttpProblem(status, code as HttpProblem['code'], title, detail, {
    headers: { 'retry-after': '5' },
  });
}

function toProblem(error: unknown): HttpProblem {
  if (error instanceof HttpProblem) return error;
  const passing = passingProblem(error);
  if (passing !== undefined) return passing;
  if (hasZodFastifySchemaValidationErrors(error)) {
    const first = error.validation[0];
    const field = first?.instancePath.replace(/^\//, '').replaceAll('/', '.') ?? '';
    return new HttpProblem(
      400,
      'ERR_BAD_REQUEST',
      'Bad request',
      `${field}: ${first?.message ?? 'not valid'}`,
      { field },
    );
  }
  const { statusCode = 500, message } = error as Partial<FastifyError>;
  if (statusCode >= 400 && statusCode < 500) {
    return new HttpProblem(
      statusCode,
      'ERR_BAD_REQUEST',
      'Bad request',
      message ?? 'The request is not valid.',
    );
  }
  return new HttpProblem(
    500,
    'ERR_INTERNAL',
    'Internal error',
    'Something failed here; the log has the details.',
  );
}

type RequestHandler = (request: IncomingMessage, response: ServerResponse) => void;

function isHandshakeFailure({ code = '' }: { readonly code?: string }, socket: Socket): boolean {
  return (
    socket instanceof TLSSocket &&
    (code.startsWith('ERR_SSL') || code.startsWith('ERR_TLS') || code === 'EPROTO')
  );
}

/** The one HTTP server: dashboard, API, WHEP and HLS are routes that the composition root adds. */
export class HttpServer {
  readonly app: HttpApp;
  readonly #options: HttpServerOptions;
  readonly #connections = new Map<string, number>();
  /** Of every address that a name stands for. */
  readonly #secureServers: SecureServer[] = [];
  #certificate: CertificateSource | undefined;

  constructor(options: HttpServerOptions) {
    const { access, secure } = options;
    this.#options = options;
    this.app = Fastify({
      bodyLimit: MAX_BODY_BYTES,
      requestTimeout: REQUEST_TIMEOUT_MS,
      forceCloseConnections: true,
      // A stream token in a path is a JWT of some 300 to 500 characters.
      routerOptions: { ignoreTrailingSlash: true, maxParamLength: 1024 },
      trustProxy: (address) => access.isTrustedProxy(address),
      ...(secure === undefined
        ? { http: SERVER_SETTINGS }
        : { serverFactory: (handler: RequestHandler) => this.#secureServer(handler) }),
      clientErrorHandler: (error, socket) => this.#clientError(error, socket),
    }).withTypeProvider<ZodTypeProvider>();
  }

  /** Prepares the app: security headers, error answers, limits. Routes are added between this and `listen`. */
  async prepare(): Promise<void> {
    const { app } = this;
    app.setValidatorCompiler(validatorCompiler);
    app.setSerializerCompiler(serializerCompiler);
    app.server.maxConnections = MAX_CONNECTIONS;
    app.server.on('connection', (socket) => this.#countConnection(socket));
    app.setErrorHandler(async (error, request, reply) => {
      const answer = toProblem(error);
      if (answer.status >= 500 && !(error instanceof HttpProblem)) {
        this.#options.logger.error(
          { err: error, url: request.routeOptions.url, method: request.method },
          'request failed',
        );
      }
      return reply
        .code(answer.status)
        .headers(answer.headers)
        .type('application/problem+json')
        .serializer(JSON.stringify)
        .send(problem.parse(answer.toJSON()));
    });
    await app.register(cookie);
    await app.register(helmet, {
      contentSecurityPolicy: {
        useDefaults: false,
        directives: { ...CONTENT_SECURITY_POLICY, frameAncestors: [({ url = '' }) => this.#framers(url)] },
      },
      crossOriginEmbedderPolicy: false,
      // Says less than frame-ancestors, and all know that.
      frameguard: false,
      referrerPolicy: { policy: 'no-referrer' },
      strictTransportSecurity: this.#options.secure === undefined ? false : HSTS,
    });
    app.addHook('onRequest', async (request, reply) => {
      // At once, on the announcement: also where no route would ever read the body.
      if (Number(request.headers['content-length'] ?? 0) <= MAX_BODY_BYTES) return Promise.resolve();
      reply.header('connection', 'close');
      throw new HttpProblem(
        413,
        'ERR_BODY_TOO_LARGE',
        'Body too large',
        `At most ${MAX_BODY_BYTES} bytes are taken.`,
      );
    });
    const { allowedOrigins, access } = this.#options;
    app.addHook('onRequest', originGuard(allowedOrigins, access));
    accessHook(app, access);
  }

  /**
   * @returns an address by which this machine reaches it, as a URL without a trailing slash.
   * @throws {Error} the port is taken, or the certificate cannot be used.
   */
  async listen(): Promise<string> {
    const { host, port, secure } = this.#options;
    if (secure !== undefined) await this.#openCertificate(secure);
    await this.app.listen({ host, port });
    const bound = this.app.server.address() as AddressInfo;
    return `${secure === undefined ? 'http' : 'https'}://${shownHost(host)}:${bound.port}`;
  }

  async close(): Promise<void> {
    this.#certificate?.close();
    await this.app.close();
  }

  #secureServer(handler: RequestHandler): Server {
    const settings = {
      ...SERVER_SETTINGS,
      handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
    };
    const server = createSecureServer(settings, handler);
    this.#secureServers.push(server);
    const pair = this.#certificate?.current;
    if (pair !== undefined) server.setSecureContext(pair);
    return server;
  }

  /** Connections that are open keep what they have agreed on when the certificate is renewed. */
  async #openCertificate(open: OpenCertificate): Promise<void> {
    const certificate = await open();
    this.#certificate = certificate;
    const show = (): void => {
      for (const server of this.#secureServers) server.setSecureContext(certificate.current);
    };
    show();
    certificate.onChange(show);
  }

  /** A player page is made to be embedded; what somebody who is logged in could be made to click on is not. */
  #framers(url: string): string {
    if (!PLAYER_PAGE.test(url)) return "'self'";
    return ["'self'", ...(this.#options.embedOrigins ?? ['*'])].join(' ');
  }

  #countConnection(socket: Socket): void {
    const address = socket.remoteAddress ?? '';
    const count = (this.#connections.get(address) ?? 0) + 1;
    if (count > MAX_CONNECTIONS_PER_ADDRESS) {
      this.#options.logger.warn(
        { peer: address, connections: count },
        'closed an HTTP connection: too many from one address',
      );
      socket.destroy();
      return;
    }
    this.#connections.set(address, count);
    socket.once('close', () => {
      const left = (this.#connections.get(address) ?? 1) - 1;
      if (left === 0) this.#connections.delete(address);
      else this.#connections.set(address, left);
    });
  }

  #clientError(error: Error & { code?: string }, socket: Socket): void {
    // A peer that went away has done no wrong; one that speaks no TLS, or trusts us not, understands no answer.
    if (error.code === 'ECONNRESET' || !socket.writable || isHandshakeFailure(error, socket)) {
      socket.destroy();
      return;
    }
    const status = {
      HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
      ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
    }[error.code ?? ''];
    this.#options.logger.warn(
      { peer: socket.remoteAddress, code: error.code },
      'closed an HTTP connection: not HTTP, too slow or too large',
    );
    socket.end(`HTTP/1.1 ${status ?? '400 Bad Request'}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
    socket.destroySoon();
  }
}
