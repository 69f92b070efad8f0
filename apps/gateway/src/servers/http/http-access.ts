import type { FastifyRequest } from 'fastify';
import type { IncomingMessage } from 'node:http';
import {
  OPEN_DOOR,
  type Admission,
  type Credentials,
  type Door,
  type Knock,
  type Peer,
  type Refusal,
} from '../../access/door.ts';
import { EVERYBODY, identityKey, NOBODY, type Identity } from '../../access/identity.ts';
import type { Proof, ProofContext } from '../../access/prover.ts';
import type { RateLimits } from '../../access/rate-limit.ts';
import type { Rights } from '../../access/rights.ts';
import { ProxyTrust, type SeenRequest } from './proxy-trust.ts';
import { crossSite, limited, refusalProblem, UNAUTHENTICATED } from './refusal-problem.ts';
import { shownBy, type Shown } from './request-credentials.ts';
import type { RouteAccess } from './route-access.ts';

/** Which route is asked for; not which address, that may hold secrets. */
export interface AskedRoute {
  readonly method: string;
  /** Its pattern: `/live/:id/whep`. */
  readonly url: string;
  readonly access: RouteAccess;
}

export interface HttpAccessOptions {
  readonly door: Door;
  /** Finds out whose credentials are; takes seconds at most, never rejects. */
  readonly identify: (
    credentials: Credentials,
    peer: Peer,
    context: ProofContext | undefined,
  ) => Promise<Proof | Refusal>;
  readonly rights: Pick<Rights, 'decide' | 'onChange'>;
  readonly limits: RateLimits;
  /** Addresses and networks of proxies whose `X-Forwarded-…` headers count. */
  readonly trustedProxies: readonly string[];
  /** Why somebody who is known has to do something else first, such as to change his password. */
  readonly mayProceed?: (identity: Identity, route: AskedRoute) => Refusal | undefined;
}

/** What a media route wants to know. */
export type Wish = Pick<Knock, 'action' | 'cameraId' | 'protocol'>;

const MEDIA_PATH = /^\/live\//;
const NOTHING: Credentials = { kind: 'none' };
const UPGRADE: AskedRoute = { method: 'GET', url: '/live/:id/mse', access: 'door' };
const EVENTS: AskedRoute = { method: 'GET', url: '/socket.io', access: 'known' };

/** Who comes over HTTP and WebSockets, and what he may: the same for routes, media, and events. */
export class HttpAccess {
  readonly #options: HttpAccessOptions;
  readonly #trust: ProxyTrust;

  constructor(options: HttpAccessOptions) {
    this.#options = options;
    this.#trust = new ProxyTrust(options.trustedProxies);
  }

  /** Nobody has to prove anything. */
  get isOpen(): boolean {
    return this.#options.door.isOpen;
  }

  get rights(): Pick<Rights, 'decide' | 'onChange'> {
    return this.#options.rights;
  }

  isTrustedProxy(address: string): boolean {
    return this.#trust.isTrusted(address);
  }

  /** The request as the client sent it. */
  seen(request: Pick<IncomingMessage, 'socket' | 'headers'>): SeenRequest {
    return this.#trust.seen(request);
  }

  /** What the request shows of who sends it. */
  shown(request: IncomingMessage): Shown {
    const { method = 'GET', headers, url = '' } = request;
    const [path = '', query] = url.split('?');
    const parameters = new URLSearchParams(MEDIA_PATH.test(path) ? query : '');
    // `jwt` is where viewers of a MediaMTX have their token.
    const queryToken = parameters.get('token') ?? parameters.get('jwt') ?? undefined;
    return shownBy({ method, headers, seen: this.seen(request), queryToken });
  }

  /**
   * Who asks, for a route that says itself who may use it.
   *
   * @throws {HttpProblem} he is nobody, or has to do something else first, or asks too often.
   */
  async authenticate(request: FastifyRequest, route: AskedRoute, wish?: Wish): Promise<Identity> {
    if (this.isOpen) return EVERYBODY;
    const peer = this.peer(request.raw);
    const shown = this.#shownOrRefused(request);
    const answer = await this.#prove(shown.credentials, peer, wish);
    const key = answer.ok ? identityKey(answer.identity) : peer.address;
    const waitMs = await this.#options.limits.take('api', key);
    const refusal = waitMs > 0 ? limited(waitMs) : this.#held(answer, route);
    if (refusal !== undefined) throw this.#problem(request, refusal, wish?.cameraId);
    return answer.ok ? answer.identity : NOBODY;
  }

  /**
   * Lets the sender of a request do something with a camera; afterwards `request.identity` says who it is. To be
   * asked before anything is said of the camera, also whether it is there.
   *
   * @throws {HttpProblem} he may not.
   */
  async admit(request: FastifyRequest, wish: Wish): Promise<Identity> {
    const { method, routeOptions } = request;
    const shown = this.#shownOrRefused(request);
    const admission = await this.#knock(shown.credentials, this.peer(request.raw), wish);
    const route = { method, url: routeOptions.url ?? '', access: 'door' } as const;
    const refusal = this.#held(admission, route) ?? (await this.#countedPicture(admission, wish));
    if (refusal !== undefined) throw this.#problem(request, refusal, wish.cameraId);
    if (admission.ok) request.identity = admission.identity;
    return request.identity;
  }

  /** A single picture is no session: it counts as a request. */
  async #countedPicture(admission: Admission, { protocol }: Wish): Promise<Refusal | undefined> {
    if (protocol !== 'snapshot' || !admission.ok || this.isOpen) return undefined;
    const waitMs = await this.#options.limits.take('api', identityKey(admission.identity));
    return waitMs > 0 ? limited(waitMs) : undefined;
  }

  /** As {@link admit}, for the request that becomes a WebSocket. */
  async admitUpgrade(request: IncomingMessage, wish: Wish): Promise<Admission> {
    const admission = await this.#knock(this.shown(request).credentials, this.peer(request), wish);
    return this.#held(admission, UPGRADE) ?? admission;
  }

  /**
   * Whose credentials these are; EVERYBODY where nobody has to prove anything.
   *
   * @param credentials in the order in which they are tried.
   */
  async whose(credentials: readonly Credentials[], peer: Peer): Promise<Proof | Refusal> {
    if (this.isOpen) return { ok: true, identity: EVERYBODY };
    const answer = await this.#prove(credentials, peer, undefined);
    return this.#held(answer, EVENTS) ?? answer;
  }

  peer(request: Pick<IncomingMessage, 'socket' | 'headers'>): Peer {
    return { address: this.seen(request).address, userAgent: request.headers['user-agent'] };
  }

  #shownOrRefused(request: FastifyRequest): Shown {
    const shown = this.shown(request.raw);
    if (shown.hasForeignCookies && !this.isOpen) throw crossSite();
    return shown;
  }

  /** The first that proves something, and allows what is wished where something is; else the first that proves. */
  async #prove(all: readonly Credentials[], peer: Peer, wish: Wish | undefined): Promise<Proof | Refusal> {
    let best: Proof | Refusal | undefined;
    // Somebody outside may let people in who show nothing, to single cameras.
    const shown = all.length === 0 && wish !== undefined ? [NOTHING] : all;
    for (const credentials of shown) {
      const answer = await this.#options.identify(credentials, peer, wish);
      if (answer.ok && (wish === undefined || this.#may(answer.identity, wish))) return answer;
      if (best === undefined || (answer.ok && !best.ok)) best = answer;
    }
    return best ?? UNAUTHENTICATED;
  }

  /** Of several credentials the one is shown that opens: every refusal is written down. */
  async #knock(all: readonly Credentials[], peer: Peer, wish: Wish): Promise<Admission> {
    const { door, identify } = this.#options;
    let chosen = all[0] ?? NOTHING;
    for (const credentials of all.length > 1 && !door.isOpen ? all : []) {
      const answer = await identify(credentials, peer, wish);
      if (!answer.ok || !this.#may(answer.identity, wish)) continue;
      chosen = credentials;
      break;
    }
    return door.knock({ ...wish, credentials: chosen, peer });
  }

  #may(identity: Identity, { action, cameraId }: Wish): boolean {
    return this.#options.rights.decide(identity, action, cameraId) === 'yes';
  }

  #held(answer: Proof | Admission, route: AskedRoute): Refusal | undefined {
    if (!answer.ok) return answer;
    return this.#options.mayProceed?.(answer.identity, route);
  }

  #problem({ headers, url }: FastifyRequest, refusal: Refusal, cameraId: string | undefined): Error {
    return refusalProblem(refusal, { headers, isMedia: MEDIA_PATH.test(url), cameraId });
  }
}

/** Everybody may do everything: `access: open`, and tests of one route that are not about this. */
export const OPEN_HTTP_ACCESS = new HttpAccess({
  door: OPEN_DOOR,
  identify: () => Promise.resolve({ ok: true, identity: EVERYBODY }),
  rights: { decide: () => 'yes', onChange: () => () => undefined },
  limits: { take: () => 0 },
  trustedProxies: [],
});
