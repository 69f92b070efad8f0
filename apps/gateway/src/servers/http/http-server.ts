import helmet from '@fastify/helmet';
import { problem } from '@vedette/contract';
import Fastify, { type FastifyError, type FastifyInstance } from 'fastify';
import {
  hasZodFastifySchemaValidationErrors,
  serializerCompiler,
  validatorCompiler,
  type ZodTypeProvider,
} from 'fastify-type-provider-zod';
import type { Socket } from 'node:net';
import type { Logger } from '../../observability/logger.ts';
import { originGuard } from './origin-guard.ts';
import { HttpProblem } from './problems.ts';

/** What routes are added to. */
export type HttpApp = FastifyInstance<
  import('node:http').Server,
  import('node:http').IncomingMessage,
  import('node:http').ServerResponse,
  import('fastify').FastifyBaseLogger,
  ZodTypeProvider
>;

/** A part of the site: adds its routes to the app it is given. */
export type HttpRoutes = (app: HttpApp) => Promise<void>;

export interface HttpServerOptions {
  readonly host: string;
  /** 0 picks a free port. */
  readonly port: number;
  readonly allowedOrigins: readonly string[];
  readonly logger: Logger;
}

const MAX_BODY_BYTES = 1024 * 1024;
const MAX_HEADER_BYTES = 16 * 1024;
const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 30_000;
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

function toProblem(error: unknown): HttpProblem {
  if (error instanceof HttpProblem) return error;
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

/** The one HTTP server: dashboard, API, WHEP and HLS are routes that the composition root adds. */
export class HttpServer {
  readonly app: HttpApp;
  readonly #options: HttpServerOptions;
  readonly #connections = new Map<string, number>();

  constructor(options: HttpServerOptions) {
    this.#options = options;
    this.app = Fastify({
      bodyLimit: MAX_BODY_BYTES,
      requestTimeout: REQUEST_TIMEOUT_MS,
      forceCloseConnections: true,
      routerOptions: { ignoreTrailingSlash: true, maxParamLength: 256 },
      http: {
        maxHeaderSize: MAX_HEADER_BYTES,
        headersTimeout: HEADERS_TIMEOUT_MS,
        connectionsCheckingInterval: 2000,
      },
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
          { err: error, url: request.url.replace(/\?.*$/s, ''), method: request.method },
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
    await app.register(helmet, {
      contentSecurityPolicy: { useDefaults: false, directives: CONTENT_SECURITY_POLICY },
      crossOriginEmbedderPolicy: false,
      // A player page is made to be embedded; who may embed it is the access rules' business.
      frameguard: false,
      strictTransportSecurity: false,
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
    app.addHook('onRequest', originGuard(this.#options.allowedOrigins));
  }

  /** @returns the address it listens on, as a URL without a trailing slash. */
  async listen(): Promise<string> {
    const { host, port } = this.#options;
    const url = await this.app.listen({ host, port });
    return url.replace(/\/$/, '');
  }

  async close(): Promise<void> {
    await this.app.close();
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
    // A peer that went away has done no wrong.
    if (error.code === 'ECONNRESET' || !socket.writable) {
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
