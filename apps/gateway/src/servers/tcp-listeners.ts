import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TLSSocket } from 'node:tls';
import type { OpenCertificate } from '../net/listener-certificate.ts';
import type { CertificateSource } from '../net/tls-certificate.ts';
import type { Logger } from '../observability/logger.ts';
import { ConnectionGuard, type ConnectionLimits } from './connection-guard.ts';

export interface TcpListenersOptions {
  /** Of the protocol, for the log. */
  readonly name: string;
  /** Address to listen on; a name is resolved. */
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** The protocol over TLS; none without a certificate. */
  readonly tls?: TlsListener | undefined;
  readonly logger: Logger;
  readonly limits: ConnectionLimits;
  /** A TLS handshake that takes longer fails. */
  readonly handshakeMs: number;
  /** A connection that was counted in, after its handshake. */
  readonly onConnection: (socket: Socket, isSecure: boolean) => void;
}

export interface TlsListener {
  readonly port: number;
  /** Connections that are made after it was renewed see the new one. The listener opens and closes it. */
  readonly certificate: OpenCertificate;
}

export interface ListenerPorts {
  /** Where it listens without TLS. */
  readonly port: number;
  readonly tlsPort?: number;
  /** The address that it is bound to. */
  readonly address: string;
}

/** How often refusals are told of. */
const REFUSALS_MS = 1000;
/** Peers that were said goodbye to at shutdown are cut off after this. */
const SHUTDOWN_MS = 1500;

/** The listeners of one protocol over TCP and TLS: counts connections in and out, and ends them all. */
export class TcpListeners {
  readonly #options: TcpListenersOptions;
  readonly #guard: ConnectionGuard;
  readonly #listeners: Server[] = [];
  /** Every open socket, those in a TLS handshake too. */
  readonly #sockets = new Set<Socket>();
  #certificate: CertificateSource | undefined;
  #refusalTimer: NodeJS.Timeout | undefined;
  #refused = 0;
  #lastRefusal = '';
  #isClosing = false;

  constructor(options: TcpListenersOptions) {
    this.#options = options;
    this.#guard = new ConnectionGuard(options.limits);
  }

  /**
   * Begins to listen.
   *
   * @throws {Error} a port is taken or the certificate is bad; `close` is still to be called.
   */
  async listen(): Promise<ListenerPorts> {
    const { host, port, tls, onConnection } = this.#options;
    const plain = createServer();
    plain.on('connection', (socket: Socket) => {
      if (this.#admit(socket)) onConnection(socket, false);
    });
    const bound = await this.#open(plain, host, port);
    this.#refusalTimer = setInterval(() => this.#tellRefusals(), REFUSALS_MS);
    const ports = { port: bound.port, address: bound.address };
    if (tls === undefined) return ports;
    this.#certificate = await tls.certificate();
    const { port: tlsPort } = await this.#open(this.#secureServer(this.#certificate), host, tls.port);
    return { ...ports, tlsPort };
  }

  /**
   * Stops listening and waits for every connection to end; those that do not are cut off.
   *
   * @param sayGoodbye ends the connections politely.
   */
  async close(sayGoodbye: () => void): Promise<void> {
    this.#isClosing = true;
    clearInterval(this.#refusalTimer);
    this.#certificate?.close();
    const listeners = this.#listeners.splice(0);
    const closed = listeners.map(async (listener) => once(listener, 'close'));
    for (const listener of listeners) listener.close();
    sayGoodbye();
    const cutOff = setTimeout(() => {
      for (const socket of this.#sockets) socket.destroy();
    }, SHUTDOWN_MS);
    await Promise.all(closed);
    clearTimeout(cutOff);
  }

  #secureServer(certificate: CertificateSource): Server {
    const { name, logger, handshakeMs: handshakeTimeout, onConnection } = this.#options;
    const server = createTlsServer({ ...certificate.current, handshakeTimeout });
    certificate.onChange((pair) => server.setSecureContext(pair));
    // The guard counts from the first byte on: handshakes cost most of all.
    server.on('connection', (socket: Socket) => this.#admit(socket));
    server.on('secureConnection', (socket) => onConnection(socket, true));
    server.on('tlsClientError', (error: Error, socket: TLSSocket) => {
      const peer = `${socket.remoteAddress ?? ''}:${socket.remotePort ?? 0}`;
      logger.warn({ peer }, `${name} peer closed: TLS failed: ${error.message}`);
      socket.destroy();
    });
    return server;
  }

  async #open(server: Server, host: string, port: number): Promise<AddressInfo> {
    const { name, logger } = this.#options;
    server.listen({ host, port, backlog: 1024 });
    await once(server, 'listening');
    server.on('error', (error) => logger.error({ err: error }, `a listener of ${name} failed`));
    this.#listeners.push(server);
    return server.address() as AddressInfo;
  }

  /** Counts a connection in, or drops it. */
  #admit(socket: Socket): boolean {
    const address = socket.remoteAddress ?? '';
    const refusal = this.#isClosing ? 'the server is closing' : this.#guard.enter(address);
    if (refusal !== undefined) {
      // One line a second, not one a connection: whoever floods must not fill the log.
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

  #tellRefusals(): void {
    if (this.#refused === 0) return;
    const { name, logger } = this.#options;
    logger.warn({ count: this.#refused }, `${name} connections refused: ${this.#lastRefusal}`);
    this.#refused = 0;
  }
}
