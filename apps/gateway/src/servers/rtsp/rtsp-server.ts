import type { Door } from '../../access/door.ts';
import type { CameraDirectory } from '../../cameras/directory.ts';
import type { Logger } from '../../observability/logger.ts';
import type { SessionRegistry } from '../../sessions/session-registry.ts';
import { TcpListeners, type TlsListener } from '../tcp-listeners.ts';
import { DatagramPorts } from './datagram-ports.ts';
import { RTSP_SERVER_DEFAULTS, type RtspServerLimits } from './limits.ts';
import type { FitStream, OpenPublisher, OpenViewer } from './ports.ts';
import { RtspConnection, type ConnectionHost } from './rtsp-connection.ts';
import type { RtspSession, SessionEnd } from './rtsp-session.ts';

export interface RtspServerOptions {
  /** Address to listen on; a name is resolved. */
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** RTSP over TLS; none without a certificate. */
  readonly tls?: TlsListener | undefined;
  /** Even UDP port for RTP, the next one is for RTCP; 0 (the default) takes any free pair, `false` offers no UDP. */
  readonly udpPort?: number | false | undefined;
  readonly cameras: CameraDirectory;
  readonly sessions: SessionRegistry;
  readonly logger: Logger;
  /** What RTSP can carry of a stream; every stream as it is where absent. */
  readonly fit?: FitStream | undefined;
  readonly openViewer: OpenViewer;
  readonly openPublisher: OpenPublisher;
  /** Who may play and publish. */
  readonly door: Door;
  readonly limits?: Partial<RtspServerLimits> | undefined;
  /** Steady clock in milliseconds. */
  readonly now?: (() => number) | undefined;
}

export interface RtspServerPorts {
  readonly port: number;
  readonly tlsPort?: number;
}

/** How often deadlines are looked at. */
const SWEEP_MS = 1000;

const asItIs: FitStream = (stream) => stream;

/** The RTSP listeners, their connections and sessions. */
export class RtspServer {
  readonly #options: RtspServerOptions;
  readonly #limits: RtspServerLimits;
  readonly #now: () => number;
  readonly #listeners: TcpListeners;
  readonly #connections = new Set<RtspConnection>();
  readonly #sessions = new Map<string, RtspSession>();
  #udp: DatagramPorts | undefined;
  #sharedHost: ConnectionHost | undefined;
  #sweepTimer: NodeJS.Timeout | undefined;
  #port: number | undefined;
  #closing: Promise<void> | undefined;

  constructor(options: RtspServerOptions) {
    this.#options = options;
    this.#limits = { ...RTSP_SERVER_DEFAULTS, ...options.limits };
    this.#now = options.now ?? (() => performance.now());
    this.#listeners = new TcpListeners({
      ...options,
      name: 'RTSP',
      limits: this.#limits,
      handshakeMs: this.#limits.messageMs,
      onConnection: (socket, isSecure) => {
        const connection = new RtspConnection(socket, isSecure, this.#host());
        this.#connections.add(connection);
        connection.start();
      },
    });
  }

  /** Where it listens without TLS; `undefined` before it does. */
  get port(): number | undefined {
    return this.#port;
  }

  /** Connections at this moment. */
  get connectionCount(): number {
    return this.#connections.size;
  }

  /** Sessions at this moment, set up, playing or publishing. */
  get sessionCount(): number {
    return this.#sessions.size;
  }

  /**
   * Begins to listen.
   *
   * @throws {Error} a port is taken or the certificate is bad; nothing listens then.
   */
  async listen(): Promise<RtspServerPorts> {
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

  async #listen(): Promise<RtspServerPorts> {
    const { address, ...ports } = await this.#listeners.listen();
    const { udpPort = 0 } = this.#options;
    this.#port = ports.port;
    if (udpPort !== false) this.#udp = await DatagramPorts.bind(address, udpPort);
    this.#sweepTimer = setInterval(() => this.#sweep(), SWEEP_MS);
    return ports;
  }

  #host(): ConnectionHost {
    const { cameras, sessions, logger, openViewer, openPublisher, door } = this.#options;
    const { fit = asItIs } = this.#options;
    this.#sharedHost ??= {
      cameras,
      registry: sessions,
      logger,
      fit,
      openViewer,
      openPublisher,
      door,
      limits: this.#limits,
      udp: this.#udp,
      now: this.#now,
      onSessionStart: (session) => this.#sessions.set(session.id, session),
      onSessionEnd: (session, then) => this.#onSessionEnd(session, then),
      adoptSession: (id, address) => this.#adopt(id, address),
      onConnectionEnd: (connection) => this.#connections.delete(connection),
    };
    return this.#sharedHost;
  }

  #onSessionEnd(session: RtspSession, then: SessionEnd): void {
    this.#sessions.delete(session.id);
    const { connection } = session;
    if (then === 'farewell') connection?.farewell(session);
    else connection?.releaseSession(session);
    if (then === 'abort') connection?.abort('its session has ended');
  }

  /** Only a session without a connection can be taken over, and only from where it was made. */
  #adopt(id: string, address: string): RtspSession | undefined {
    const session = this.#sessions.get(id);
    return session?.connection === undefined && session?.peerAddress === address ? session : undefined;
  }

  #sweep(): void {
    const nowMs = this.#now();
    for (const connection of [...this.#connections]) connection.check(nowMs);
    for (const session of [...this.#sessions.values()]) {
      if (nowMs - session.lastSeenMs <= this.#limits.sessionTimeoutMs) continue;
      const { connection, isDatagram, state } = session;
      // Interleaved media lives and dies with its connection, which has deadlines of its own.
      const isFlowing = state.name === 'playing' || state.name === 'recording';
      if (isFlowing && !isDatagram && connection !== undefined) continue;
      session.close('the peer gave no sign of life', true);
      connection?.farewell(session);
    }
  }

  async #close(): Promise<void> {
    clearInterval(this.#sweepTimer);
    await this.#listeners.close(() => {
      for (const session of [...this.#sessions.values()]) session.close('the server is shutting down', true);
      for (const connection of [...this.#connections]) connection.hangUp('the server is shutting down');
    });
    await this.#udp?.close();
  }
}
