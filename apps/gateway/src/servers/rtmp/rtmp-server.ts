import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TLSSocket } from 'node:tls';
import type { CameraDirectory } from '../../cameras/directory.ts';
import type { Logger } from '../../observability/logger.ts';
import type { SessionRegistry } from '../../sessions/session-registry.ts';
import { ConnectionGuard } from '../connection-guard.ts';
import { RTMP_SERVER_DEFAULTS, type RtmpServerLimits } from './limits.ts';
import type { FitStream, OpenPublisher, OpenViewer } from './ports.ts';
import { RtmpConnection, type ConnectionHost } from './rtmp-connection.ts';

export interface RtmpServerOptions {
  /** Address to listen on; a name is resolved. */
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** RTMP over TLS; none without a certificate. */
  readonly tls?:
    | { readonly port: number; readonly certificate: string | Buffer; readonly key: string | Buffer }
    | undefined;
  readonly cameras: CameraDirectory;
  readonly sessions: SessionRegistry;
  readonly logger: Logger;
  readonly fit: FitStream;
  readonly openViewer: OpenViewer;
  readonly openPublisher: OpenPublisher;
  readonly limits?: Partial<RtmpServerLimits> | undefined;
  /** Steady clock in milliseconds. */
  readonly now?: (() => number) | undefined;
}

export interface RtmpServerPorts {
  readonly port: number;
  readonly tlsPort?: number;
}

/** How often deadlines are looked at. */
const SWEEP_MS = 1000;
/** Peers that were said goodbye to at shutdown are cut off after this. */
const SHUTDOWN_MS = 1500;

/** The RTMP listeners and their connections. */
export class RtmpServer {
  readonly #options: RtmpServerOptions;
  readonly #limits: RtmpServerLimits;
  readonly #now: () => number;
  readonly #guard: ConnectionGuard;
  readonly #host: ConnectionHost;
  readonly #listeners: Server[] = [];
  /** Every open socket, those in a TLS handshake too. */
  readonly #sockets = new Set<Socket>();
  readonly #connections = new Set<RtmpConnection>();
  #sweepTimer: NodeJS.Timeout | undefined;
  #refused = 0;
  #lastRefusal = '';
  #closing: Promise<void> | undefined;

  constructor(options: RtmpServerOptions) {
    const { cameras, sessions, logger, fit, openViewer, openPublisher } = options;
    this.#options = options;
    this.#limits = { ...RTMP_SERVER_DEFAULTS, ...options.limits };
    this.#now = options.now ?? (() => performance.now());
    this.#guard = new ConnectionGuard(this.#limits);
    this.#host = {
      ...{ cameras, sessions, logger, fit, openViewer, openPublisher },
      limits: this.#limits,
      now: this.#now,
      onConnectionEnd: (connection) => this.#connections.delete(connection),
    };
  }

  /** Connections at this moment. */
  get connectionCount(): number {
    return this.#connections.size;
  }

  /**
   * Begins to listen.
   *
   * @throws {Error} a port is taken or the certificate is bad; nothing listens then.
   */
  async listen(): Promise<RtmpServerPorts> {
    try {
      return await this.#listen();
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  /** Ends every session with a goodbye, then every connection and listener. Safe to call twice. */
  async close(): Promise<void> {
    this.#closing ??= this.#close();
    await this.#closing;
  }

  async #listen(): Promise<RtmpServerPorts> {
    const { host, port, tls } = this.#options;
    const plain = createServer();
    plain.on('connection', (socket: Socket) => {
      if (this.#admit(socket)) this.#serve(socket, false);
    });
    await this.#open(plain, host, port);
    this.#sweepTimer = setInterval(() => this.#sweep(), SWEEP_MS);
    const ports = { port: (plain.address() as AddressInfo).port };
    if (tls === undefined) return ports;
    const { certificate: cert, key } = tls;
    const server = createTlsServer({ cert, key, handshakeTimeout: this.#limits.handshakeMs });
    // The guard counts from the first byte on: handshakes cost most of all.
    server.on('connection', (socket: Socket) => this.#admit(socket));
    server.on('secureConnection', (socket) => this.#serve(socket, true));
    server.on('tlsClientError', (error: Error, socket: TLSSocket) => {
      const peer = socket.remoteAddress ?? '';
      this.#options.logger.warn({ peer }, `RTMP peer closed: TLS failed: ${error.message}`);
      socket.destroy();
    });
    await this.#open(server, host, tls.port);
    return { ...ports, tlsPort: (server.address() as AddressInfo).port };
  }

  async #open(server: Server, host: string, port: number): Promise<void> {
    server.listen({ host, port, backlog: 1024 });
    await once(server, 'listening');
    server.on('error', (error) => this.#options.logger.error({ err: error }, 'an RTMP listener failed'));
    this.#listeners.push(server);
  }

  /** Counts a connection in, or drops it. */
  #admit(socket: Socket): boolean {
    const address = socket.remoteAddress ?? '';
    const refusal = this.#closing === undefined ? this.#guard.enter(address) : 'the server is closing';
    if (refusal !== undefined) {
      // One line a sweep, not one a connection: whoever floods must not fill the log.
      this.#refused += 1;
      this.#lastRefusal = refusal;
      socket.destroy();
      return false;
    }
    this.#sockets.add(socket);
    socket.once('close', () => {
      this.#sockets.delete(socket);
      this.#guard.leave(address);
    });
    return true;
  }

  #serve(socket: Socket, isSecure: boolean): void {
    const connection = new RtmpConnection(socket, isSecure, this.#host);
    this.#connections.add(connection);
    connection.start();
  }

  #sweep(): void {
    const nowMs = this.#now();
    for (const connection of [...this.#connections]) connection.check(nowMs);
    if (this.#refused === 0) return;
    this.#options.logger.warn({ count: this.#refused }, `RTMP connections refused: ${this.#lastRefusal}`);
    this.#refused = 0;
  }

  async #close(): Promise<void> {
    clearInterval(this.#sweepTimer);
    const listeners = this.#listeners.splice(0);
    const closed = listeners.map(async (listener) => once(listener, 'close'));
    for (const listener of listeners) listener.close();
    for (const connection of [...this.#connections]) connection.hangUp('the server is shutting down');
    const cutOff = setTimeout(() => {
      for (const socket of this.#sockets) socket.destroy();
    }, SHUTDOWN_MS);
    await Promise.all(closed);
    clearTimeout(cutOff);
  }
}
