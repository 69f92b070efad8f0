import type { Door } from '../../access/door.ts';
import type { CameraDirectory } from '../../cameras/directory.ts';
import type { Logger } from '../../observability/logger.ts';
import type { SessionRegistry } from '../../sessions/session-registry.ts';
import { TcpListeners, type ListenerPorts, type TlsListener } from '../tcp-listeners.ts';
import { RTMP_SERVER_DEFAULTS, type RtmpServerLimits } from './limits.ts';
import type { FitStream, OpenPublisher, OpenViewer } from './ports.ts';
import { RtmpConnection, type ConnectionHost } from './rtmp-connection.ts';

export interface RtmpServerOptions {
  /** Address to listen on; a name is resolved. */
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** RTMP over TLS; none without a certificate. */
  readonly tls?: TlsListener | undefined;
  readonly cameras: CameraDirectory;
  readonly sessions: SessionRegistry;
  readonly logger: Logger;
  readonly fit: FitStream;
  readonly openViewer: OpenViewer;
  readonly openPublisher: OpenPublisher;
  /** Who may play and publish. */
  readonly door: Door;
  readonly limits?: Partial<RtmpServerLimits> | undefined;
  /** Steady clock in milliseconds. */
  readonly now?: (() => number) | undefined;
}

/** How often deadlines are looked at. */
const SWEEP_MS = 1000;

/** The RTMP listeners and their connections. */
export class RtmpServer {
  readonly #now: () => number;
  readonly #listeners: TcpListeners;
  readonly #connections = new Set<RtmpConnection>();
  #port: number | undefined;
  #sweepTimer: NodeJS.Timeout | undefined;
  #closing: Promise<void> | undefined;

  constructor(options: RtmpServerOptions) {
    const { cameras, sessions, logger, fit, openViewer, openPublisher, door } = options;
    const limits = { ...RTMP_SERVER_DEFAULTS, ...options.limits };
    this.#now = options.now ?? (() => performance.now());
    const host: ConnectionHost = {
      ...{ cameras, sessions, logger, fit, openViewer, openPublisher, door },
      limits,
      now: this.#now,
      onConnectionEnd: (connection) => this.#connections.delete(connection),
    };
    this.#listeners = new TcpListeners({
      ...options,
      name: 'RTMP',
      limits,
      handshakeMs: limits.handshakeMs,
      onConnection: (socket, isSecure) => {
        const connection = new RtmpConnection(socket, isSecure, host);
        this.#connections.add(connection);
        connection.start();
      },
    });
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
  async listen(): Promise<ListenerPorts> {
    try {
      const ports = await this.#listeners.listen();
      this.#port = ports.port;
      this.#sweepTimer = setInterval(() => this.#sweep(), SWEEP_MS);
      return ports;
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  /** Where it listens without TLS; `undefined` before it does. */
  get port(): number | undefined {
    return this.#port;
  }

  /** Ends every session with a goodbye, then every connection and listener. Safe to call twice. */
  async close(): Promise<void> {
    clearInterval(this.#sweepTimer);
    this.#closing ??= this.#listeners.close(() => {
      for (const connection of [...this.#connections]) connection.hangUp('the server is shutting down');
    });
    await this.#closing;
  }

  #sweep(): void {
    const nowMs = this.#now();
    for (const connection of [...this.#connections]) connection.check(nowMs);
  }
}
