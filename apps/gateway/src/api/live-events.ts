import type { Camera as CameraJson, Push as PushJson, ServerToClientEvents } from '@vedette/contract';
import type { IncomingMessage, Server as NodeHttpServer } from 'node:http';
import { Server, type Socket } from 'socket.io';
import type { Credentials, Peer, Refusal } from '../access/door.ts';
import { identityKey, type Identity } from '../access/identity.ts';
import { ChangeFeed } from './change-feed.ts';
import { EventAudience, type EventNews, type TellAudience } from './event-audience.ts';
import type { HttpAccess } from '../servers/http/http-access.ts';
import { isAllowedHost, isAllowedOrigin } from '../servers/http/origin-guard.ts';

const INTERVAL_MS = 1000;
/** A change of rights is told after so long: one thing that is done changes several. */
const RIGHTS_MS = 20;
/** Logins end while dashboards stay open: each proves again who he is this often. */
const PROVE_EVERY_MS = 15_000;
const MAX_MESSAGE_BYTES = 64 * 1024;
const MAX_TOKEN = 8192;

export interface LiveEventsOptions {
  readonly server: NodeHttpServer;
  readonly allowedOrigins: readonly string[];
  readonly access: HttpAccess;
  readonly cameras: () => CameraJson[];
  readonly pushes: () => PushJson[];
  /** How often it is looked what has changed; default 1 s. */
  readonly intervalMs?: number;
  /** Default 15 s. */
  readonly proveEveryMs?: number;
}

interface SocketData {
  identity: Identity;
  credentials: readonly Credentials[];
  peer: Peer;
}

type NoEvents = Record<string, never>;
type EventServer = Server<NoEvents, ServerToClientEvents, NoEvents, SocketData>;
type EventSocket = Socket<NoEvents, ServerToClientEvents, NoEvents, SocketData>;

/** A connection that is refused, as Socket.IO tells its client: `data` comes with `connect_error`. */
class RefusedConnection extends Error {
  readonly data: { readonly code: string };

  constructor({ code, message }: Pick<Refusal, 'code' | 'message'>) {
    super(message);
    this.data = { code };
  }
}

/**
 * Tells every open dashboard what changes of what it may see: one socket each, no polling. Who a socket is of, it
 * proves as it connects: by the cookie of this site, `auth.token`, or `Authorization`.
 */
export class LiveEvents {
  readonly #io: EventServer;
  readonly #options: LiveEventsOptions;
  readonly #audiences = new Map<string, EventAudience>();
  readonly #cameraFeed = new ChangeFeed<CameraJson>({
    key: ({ id }) => id,
    plain: (camera) => ({ ...camera, bitrate: 0, frameRate: 0, lastPictureAt: null }),
  });
  readonly #pushFeed = new ChangeFeed<PushJson>({
    key: ({ cameraId, id }) => `${cameraId}/${id}`,
    plain: (push) => ({ ...push, bytes: 0, dropped: 0, queuedBytes: 0 }),
  });
  readonly #forgetRights: () => void;
  #timer: NodeJS.Timeout | undefined;
  #proofTimer: NodeJS.Timeout | undefined;
  #rightsTimer: NodeJS.Timeout | undefined;

  constructor(options: LiveEventsOptions) {
    const { server, allowedOrigins, access } = options;
    this.#options = options;
    this.#io = new Server(server, {
      serveClient: false,
      maxHttpBufferSize: MAX_MESSAGE_BYTES,
      // Without credentials: cookies count for pages of this site only.
      cors: { origin: allowedOrigins.includes('*') ? '*' : [...allowedOrigins] },
      allowRequest: (request, decide) => decide(null, isAllowed(request, options)),
    });
    this.#io.use((socket, next) => {
      this.#identify(socket).then(() => next(), next);
    });
    this.#io.on('connection', (socket) => this.#greet(socket));
    this.#forgetRights = access.rights.onChange(() => {
      this.#rightsTimer ??= setTimeout(() => this.#rightsChanged(), RIGHTS_MS).unref();
    });
  }

  start(): void {
    const { intervalMs = INTERVAL_MS, proveEveryMs = PROVE_EVERY_MS } = this.#options;
    this.#timer ??= setInterval(() => this.#tell(), intervalMs).unref();
    this.#proofTimer ??= setInterval(() => void this.#proveAgain(), proveEveryMs).unref();
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    clearInterval(this.#proofTimer);
    clearTimeout(this.#rightsTimer);
    this.#forgetRights();
    await this.#io.close();
  }

  /** @throws {RefusedConnection} he proves nothing. */
  async #identify(socket: EventSocket): Promise<void> {
    const { access } = this.#options;
    const { request } = socket;
    const peer = access.peer(request);
    const credentials = credentialsOf(socket, access);
    const answer = await access.whose(credentials, peer);
    if (!answer.ok) throw new RefusedConnection(answer);
    socket.data = { identity: answer.identity, credentials, peer };
  }

  #greet(socket: EventSocket): void {
    const { identity } = socket.data;
    const key = identityKey(identity);
    const site = { cameras: this.#options.cameras(), pushes: this.#options.pushes() };
    const known = this.#audiences.get(key);
    if (known !== undefined) known.tell(this.#tellerOf(key), { ...site, changed: [], changedPushes: [] });
    const audience = known ?? new EventAudience(identity, this.#options.access.rights);
    this.#audiences.set(key, audience);
    void socket.join(key);
    socket.once('disconnect', () => {
      if (!this.#io.sockets.adapter.rooms.has(key)) this.#audiences.delete(key);
    });
    audience.greet((name, ...message) => socket.emit(name, ...message), site);
  }

  #rightsChanged(): void {
    this.#rightsTimer = undefined;
    if (this.#audiences.size === 0) return;
    const site = { cameras: this.#options.cameras(), pushes: this.#options.pushes() };
    this.#tellAudiences({ ...site, changed: [], changedPushes: [] });
  }

  #tell(): void {
    if (this.#audiences.size === 0) {
      this.#cameraFeed.clear();
      this.#pushFeed.clear();
      return;
    }
    const [cameras, pushes] = [this.#options.cameras(), this.#options.pushes()];
    const { changed } = this.#cameraFeed.look(cameras);
    const { changed: changedPushes } = this.#pushFeed.look(pushes);
    this.#tellAudiences({ cameras, changed, pushes, changedPushes });
  }

  #tellAudiences(news: EventNews): void {
    for (const [key, audience] of this.#audiences) {
      if (audience.isGone) this.#io.to(key).disconnectSockets(true);
      else audience.tell(this.#tellerOf(key), news);
    }
  }

  #tellerOf(room: string): TellAudience {
    return (name, ...message) => this.#io.to(room).emit(name, ...message);
  }

  /** Ends the sockets whose credentials have become worthless, as after a logout elsewhere. */
  async #proveAgain(): Promise<void> {
    const { access } = this.#options;
    if (access.isOpen) return;
    for (const socket of [...this.#io.sockets.sockets.values()]) {
      const { credentials, peer, identity } = socket.data;
      const answer = await access.whose(credentials, peer);
      const isSame = answer.ok && identityKey(answer.identity) === identityKey(identity);
      const isUnknown = !answer.ok && (answer.reason === 'unavailable' || answer.reason === 'limited');
      if (!isSame && !isUnknown) socket.disconnect(true);
    }
  }
}

function isAllowed(request: IncomingMessage, { access, allowedOrigins }: LiveEventsOptions): boolean {
  const { origin } = request.headers;
  const { host } = access.seen(request);
  return (
    isAllowedHost(host, access) && (origin === undefined || isAllowedOrigin(origin, host, allowedOrigins))
  );
}

/** `auth.token` before what the request itself shows: pages of other sites have nothing else. */
function credentialsOf({ request, handshake }: EventSocket, access: HttpAccess): readonly Credentials[] {
  const token: unknown = (handshake.auth as Readonly<Record<string, unknown>>)['token'];
  const isToken = typeof token === 'string' && token !== '' && token.length <= MAX_TOKEN;
  return isToken ? [{ kind: 'token', token }] : access.shown(request).credentials;
}
