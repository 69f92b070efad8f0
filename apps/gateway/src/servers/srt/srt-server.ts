import { ProtocolError } from '@vedette/media';
import {
  controlType,
  isControlPacket,
  nodeSrtCrypto,
  packetSocketId,
  SRT_CONTROL,
  SRT_HEADER_LENGTH,
  SRT_REJECT,
  SrtListener,
  type KeyRefresh,
  type SrtCall,
  type SrtKeyLength,
  type SrtReject,
} from '@vedette/protocols';
import { randomInt } from 'node:crypto';
import type { RemoteInfo } from 'node:dgram';
import type { Door } from '../../access/door.ts';
import type { CameraDirectory } from '../../cameras/directory.ts';
import { SrtLink } from '../../net/srt/srt-link.ts';
import { srtClock, SrtSocket } from '../../net/srt/srt-socket.ts';
import { Ticker } from '../../net/srt/ticker.ts';
import type { Logger } from '../../observability/logger.ts';
import type { SessionRegistry } from '../../sessions/session-registry.ts';
import { ConnectionGuard } from '../connection-guard.ts';
import { CallBook } from './call-book.ts';
import { SRT_SERVER_DEFAULTS, type SrtServerLimits } from './limits.ts';
import type { FitStream, OpenPublisher, OpenViewer } from './ports.ts';
import { PublishSession } from './publish-session.ts';
import { SrtDoorman, type Admission, type ConnectionKeys } from './srt-doorman.ts';
import type { SessionHost } from './srt-session.ts';
import { SrtTotals, type SrtReport } from './srt-totals.ts';
import { ViewSession } from './view-session.ts';

export interface SrtServerOptions {
  /** Address to listen on. */
  readonly host: string;
  /** UDP; 0 takes any free port. */
  readonly port: number;
  readonly latencyMs: number;
  readonly passphrase: string | undefined;
  readonly keyLength: SrtKeyLength;
  readonly cameras: CameraDirectory;
  readonly sessions: SessionRegistry;
  readonly logger: Logger;
  readonly fit: FitStream;
  readonly openViewer: OpenViewer;
  readonly openPublisher: OpenPublisher;
  /** Who may play and publish. */
  readonly door: Door;
  readonly limits?: Partial<SrtServerLimits> | undefined;
  /** When keys are renewed; as everybody does it where absent. */
  readonly keyRefresh?: KeyRefresh;
}

interface Connection {
  readonly link: SrtLink;
  readonly address: string;
  readonly port: number;
  /** Address, port and socket of the caller: by which it is known when it repeats its call. */
  readonly identity: string;
  readonly answer: (nowUs: number) => Uint8Array;
  session: ViewSession | PublishSession | undefined;
}

/**
 * The SRT listener: one UDP socket for all cameras, one timer for all connections. A caller costs no memory until
 * it has repeated the cookie; connections are found by the socket number in each packet.
 */
export class SrtServer {
  readonly #options: SrtServerOptions;
  readonly #limits: SrtServerLimits;
  readonly #listener: SrtListener;
  readonly #doorman: SrtDoorman;
  readonly #guard: ConnectionGuard;
  readonly #ticker = new Ticker();
  readonly #totals = new SrtTotals();
  readonly #bySocketId = new Map<number, Connection>();
  readonly #byIdentity = new Map<string, Connection>();
  readonly #calls: CallBook;
  #socket: SrtSocket | undefined;
  #loggedUs = Number.NEGATIVE_INFINITY;
  #unlogged = 0;
  readonly #closing = new AbortController();

  constructor(options: SrtServerOptions) {
    this.#options = options;
    this.#limits = { ...SRT_SERVER_DEFAULTS, ...options.limits };
    const { latencyMs, passphrase, keyLength, keyRefresh, cameras } = options;
    this.#listener = new SrtListener({
      crypto: nodeSrtCrypto,
      latencyMs,
      passphrase,
      keyLength,
      ...(keyRefresh === undefined ? {} : { refresh: keyRefresh }),
    });
    this.#guard = new ConnectionGuard(this.#limits);
    this.#calls = new CallBook(() => performance.now());
    this.#doorman = new SrtDoorman({
      listener: this.#listener,
      hasPassphrase: passphrase !== undefined,
      cameras,
      door: options.door,
      signal: this.#closing.signal,
      limits: this.#limits,
      now: () => performance.now(),
    });
  }

  /** Connections at this moment. */
  get connectionCount(): number {
    return this.#bySocketId.size;
  }

  /** Where it listens; `undefined` before it does. */
  get port(): number | undefined {
    return this.#socket?.port;
  }

  /** Totals since the start, for metrics. */
  get report(): SrtReport {
    return this.#totals.report(Array.from(this.#bySocketId.values(), ({ link }) => link));
  }

  /** @throws {Error} the port is taken. @returns the port. */
  async listen(): Promise<number> {
    const { host, port } = this.#options;
    const socket = await SrtSocket.bind(host, port, (packet, from) => this.#onDatagram(packet, from));
    this.#socket = socket;
    return socket.port;
  }

  /** Says goodbye to everybody and stops to listen. Safe to call twice. */
  async close(): Promise<void> {
    this.#closing.abort();
    for (const { session } of [...this.#bySocketId.values()]) session?.close('the server is shutting down');
    await this.#socket?.close();
  }

  #onDatagram(packet: Uint8Array, from: RemoteInfo): void {
    if (packet.length < SRT_HEADER_LENGTH || this.#closing.signal.aborted) return;
    const socketId = packetSocketId(packet);
    if (socketId === 0) {
      if (isControlPacket(packet) && controlType(packet) === SRT_CONTROL.handshake)
        this.#onHandshake(packet, from);
      return;
    }
    const connection = this.#bySocketId.get(socketId);
    if (connection?.port === from.port && connection.address === from.address)
      connection.link.receive(packet);
  }

  #onHandshake(packet: Uint8Array, { address, port }: RemoteInfo): void {
    const peer = address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
    try {
      const nowUs = srtClock();
      const knock = this.#listener.receive(packet, peer, nowUs);
      if (knock.type === 'answer') {
        this.#socket?.send(knock.packet, address, port);
      } else if (knock.type === 'refuse') {
        this.#socket?.send(knock.packet, address, port);
        this.#logRefusal(peer, knock.reject, 'its handshake asks for what is not supported');
      } else if (knock.type === 'call') {
        this.#onCall(knock.call, { address, port, peer });
      }
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error; // bad bytes of strangers: not worth an answer
    }
  }

  #onCall(call: SrtCall, from: Caller): void {
    const identity = `${from.peer}/${call.handshake.socketId}`;
    const known = this.#byIdentity.get(identity);
    if (known !== undefined) {
      this.#socket?.send(known.answer(srtClock()), from.address, from.port);
      return;
    }
    const earlier = this.#calls.again(identity);
    if (earlier === 'new') void this.#decide(call, from, identity);
    else if (earlier !== 'pending') {
      this.#socket?.send(this.#listener.refuse(call.handshake, earlier), from.address, from.port);
    }
  }

  /** Never rejects. */
  async #decide(call: SrtCall, from: Caller, identity: string): Promise<void> {
    const obstacle = this.#guard.enter(from.address);
    if (obstacle !== undefined) {
      this.#refuse(call, from, 'overload', obstacle);
      return;
    }
    this.#calls.begin(identity);
    try {
      const decision = await this.#doorman.decide(call, from);
      const isThere = this.#calls.end(identity, decision.type === 'refuse' ? decision.reject : undefined);
      if (decision.type === 'admit' && isThere && !this.#closing.signal.aborted) {
        this.#admit(call, from, identity, decision);
        return;
      }
      if (decision.type === 'refuse') this.#refuse(call, from, decision.reject, decision.why);
    } catch (error) {
      this.#calls.end(identity, 'serverError');
      this.#options.logger.error({ peer: from.peer, err: error }, 'an SRT call could not be decided');
      this.#refuse(call, from, 'serverError', 'an error of this program');
    }
    this.#guard.leave(from.address);
  }

  #admit(
    call: SrtCall,
    { address, port, peer }: Caller,
    identity: string,
    { admission, keys }: { admission: Admission; keys: ConnectionKeys },
  ): void {
    const socket = this.#socket;
    if (socket === undefined) return;
    const socketId = this.#freeSocketId();
    const { agreement, answer } = this.#listener.accept(call, keys, { socketId, address, nowUs: srtClock() });
    const link = new SrtLink(agreement, socket.wireTo(address, port));
    const connection: Connection = { link, address, port, identity, answer, session: undefined };
    this.#bySocketId.set(socketId, connection);
    this.#byIdentity.set(identity, connection);
    this.#ticker.add(link);
    // The answer goes first: media in front of it would be addressed to nobody.
    socket.send(answer(srtClock()), address, port);
    this.#openSession(connection, peer, admission);
  }

  #openSession(connection: Connection, peer: string, admission: Admission): void {
    const { sessions, openPublisher, openViewer, fit } = this.#options;
    const host: SessionHost = { registry: sessions, onSessionEnd: () => this.#release(connection) };
    const { identity } = admission;
    if (admission.type === 'publish') {
      const { cameraId } = admission;
      const options = { cameraId, peer, identity, openPublisher };
      connection.session = new PublishSession(connection.link, host, options);
      return;
    }
    const { camera, quality } = admission;
    const { liveWaitMs } = this.#limits;
    const session = new ViewSession(connection.link, host, {
      ...{ camera, peer, identity, quality, fit, openViewer, liveWaitMs },
    });
    connection.session = session;
    void session.start();
  }

  #release(connection: Connection): void {
    const { link, identity, address } = connection;
    if (!this.#bySocketId.delete(link.agreement.socketId)) return;
    this.#byIdentity.delete(identity);
    this.#ticker.remove(link);
    this.#guard.leave(address);
    link.close();
    this.#totals.add(link.statistics);
  }

  #refuse({ handshake }: SrtCall, { address, port, peer }: Caller, reject: SrtReject, why: string): void {
    this.#socket?.send(this.#listener.refuse(handshake, reject), address, port);
    this.#logRefusal(peer, reject, why);
  }

  #logRefusal(peer: string, reject: SrtReject, why: string): void {
    this.#totals.refused += 1;
    const nowUs = srtClock();
    if (nowUs - this.#loggedUs < this.#limits.refusalLogMs * 1000) {
      this.#unlogged += 1;
      return;
    }
    this.#loggedUs = nowUs;
    const others = this.#unlogged === 0 ? {} : { others: this.#unlogged };
    this.#unlogged = 0;
    this.#options.logger.warn({ peer, code: SRT_REJECT[reject], ...others }, `SRT caller refused: ${why}`);
  }

  /** Random: a stranger must not guess where packets of others go. */
  #freeSocketId(): number {
    for (;;) {
      const id = randomInt(1, 0x7fff_ffff);
      if (!this.#bySocketId.has(id)) return id;
    }
  }
}

interface Caller {
  readonly address: string;
  readonly port: number;
  /** `address:port`. */
  readonly peer: string;
}
