import {
  rtspResponse,
  serializeChallenge,
  ServerAuthenticator,
  type RtspRequest,
  type RtspResponse,
  type ShownCredentials,
} from '@vedette/protocols';
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { CameraAction } from '@vedette/contract';
import type { Credentials, Door, Refusal } from '../../access/door.ts';
import type { Identity } from '../../access/identity.ts';
import { ACCESS_REALM } from '../../access/realm.ts';
import { plainAddress } from '../../net/plain-address.ts';
import { hasControls, isHidden, knockAt, noCamera, passwordOf, tokenOf } from '../knock.ts';
import type { RtspServerLimits } from './limits.ts';
import { PeerOffence, type RtspPeer } from './rtsp-peer.ts';
import { withReason } from './rtsp-session.ts';
import { isSameCamera, type RtspTarget } from './rtsp-target.ts';

export interface AccessHost {
  readonly door: Door;
  readonly limits: RtspServerLimits;
  now(): number;
}

/** The peer is let in, or hears why not; `undefined`: it has gone while the door was thinking. */
export type Entry = { readonly identity: Identity } | { readonly response: RtspResponse } | undefined;

/** What a request shows, as the door wants it, or why it is of no use. */
type Shown = Credentials | { readonly kind: 'unusable' } | { readonly kind: 'stale' };

/** Somebody who was let in, and how later requests of his are known. */
interface Admitted {
  readonly action: CameraAction;
  readonly cameraId: string;
  readonly identity: Identity;
  readonly atMs: number;
  readonly isShownAgain: (shown: Shown) => boolean;
}

const UNAVAILABLE_RETRY_S = 5;

/**
 * Who the peer of one connection is. The door is asked once for a session: who was let in by DESCRIBE sets up and plays
 * by that; what his later requests show of him has to be right all the same.
 */
export class ConnectionAccess {
  readonly #host: AccessHost;
  readonly #peer: RtspPeer;
  readonly #signal: AbortSignal;
  readonly #authenticator: ServerAuthenticator;
  #admitted: Admitted | undefined;
  #wrong = 0;

  /** @param signal aborts when the connection is gone. */
  constructor(host: AccessHost, peer: RtspPeer, signal: AbortSignal) {
    this.#host = host;
    this.#peer = peer;
    this.#signal = signal;
    this.#authenticator = new ServerAuthenticator({
      realm: ACCESS_REALM,
      createNonce: () => randomBytes(16).toString('hex'),
      nonceLifeMs: host.limits.nonceLifeMs,
      isSameTarget: isSameCamera,
    });
  }

  /**
   * Whether the peer may come to a camera; asks the door unless he was let in to it just now.
   *
   * @throws {PeerOffence} it was wrong too often.
   */
  async admit(
    request: RtspRequest,
    { cameraId, token }: Pick<RtspTarget, 'cameraId' | 'token'>,
    action: 'view' | 'publish',
  ): Promise<Entry> {
    const { door, limits } = this.#host;
    const shown = door.isOpen ? { kind: 'none' as const } : this.#shown(request, token);
    const known = this.#admitted;
    if (
      known?.cameraId === cameraId &&
      known.action === action &&
      this.#host.now() - known.atMs <= limits.admissionMs &&
      known.isShownAgain(shown)
    ) {
      return { identity: known.identity };
    }
    this.#admitted = undefined;
    if (shown.kind === 'unusable' || shown.kind === 'stale') {
      return { response: this.#challenge(request, shown) };
    }
    return this.#knock(request, { cameraId, action }, shown);
  }

  /**
   * Looks at what a request of a session shows: nothing, or the same as before.
   *
   * @returns the refusal.
   * @throws {PeerOffence} it was wrong too often.
   */
  check(request: RtspRequest, token: string | undefined): RtspResponse | undefined {
    if (this.#host.door.isOpen || this.#admitted === undefined) return undefined;
    const shown = this.#shown(request, token);
    return this.#admitted.isShownAgain(shown) ? undefined : this.#challenge(request, shown);
  }

  /** The session that the peer was let in for is over: for another one the door is asked again. */
  forget(): void {
    this.#admitted = undefined;
  }

  async #knock(
    request: RtspRequest,
    wish: { readonly cameraId: string; readonly action: 'view' | 'publish' },
    shown: Credentials,
  ): Promise<Entry> {
    const { credentials, isShownAgain } = remembering(shown);
    const peer = {
      address: plainAddress(this.#peer.address),
      userAgent: request.headers.get('User-Agent'),
    };
    const { door } = this.#host;
    const admission = await knockAt(door, { ...wish, credentials, peer, protocol: 'rtsp' }, this.#signal);
    if (admission === undefined) return undefined;
    if (!admission.ok) return { response: this.#refuse(request, wish, shown, admission) };
    const { identity } = admission;
    this.#wrong = 0;
    this.#admitted = { ...wish, identity, atMs: this.#host.now(), isShownAgain };
    return { identity };
  }

  #shown(request: RtspRequest, token: string | undefined): Shown {
    const read = this.#authenticator.read(request.headers.get('Authorization'), request, {
      nowMs: this.#host.now(),
      isKnown: this.#admitted !== undefined,
    });
    if (read.kind !== 'none') return toCredentials(read);
    return token === undefined ? { kind: 'none' } : (tokenOf(token) ?? { kind: 'unusable' });
  }

  #refuse(
    request: RtspRequest,
    { cameraId, action }: { readonly cameraId: string; readonly action: 'view' | 'publish' },
    shown: Credentials,
    refusal: Refusal,
  ): RtspResponse {
    const { reason, message, retryAfterMs } = refusal;
    switch (reason) {
      case 'unauthenticated':
        return this.#challenge(request, shown);
      case 'forbidden':
        return isHidden(action, refusal)
          ? withReason(rtspResponse(request, 404), noCamera(cameraId))
          : withReason(rtspResponse(request, 403), message);
      case 'limited':
      case 'unavailable': {
        const seconds = retryAfterMs === undefined ? UNAVAILABLE_RETRY_S : Math.ceil(retryAfterMs / 1000);
        return withReason(rtspResponse(request, 503, { 'Retry-After': String(seconds) }), message);
      }
    }
  }

  #challenge(request: RtspRequest, shown: Shown): RtspResponse {
    if (shown.kind !== 'none') this.#wrong += 1;
    const { wrongCredentials } = this.#host.limits;
    if (this.#wrong > wrongCredentials) {
      // Without a challenge: GStreamer shows the same wrong password to eight, and then hides what was wrong.
      throw new PeerOffence(401, `more than ${wrongCredentials} wrong credentials`);
    }
    const all = this.#authenticator.challenges(shown.kind === 'stale', this.#host.now());
    // Players take a digest wherever it is offered.
    const isPlain = this.#host.door.needsPlainPasswords === true;
    const challenges = isPlain ? all.filter(({ scheme }) => scheme === 'basic') : all;
    return rtspResponse(request, 401, { 'WWW-Authenticate': challenges.map(serializeChallenge) });
  }
}

function toCredentials(read: Exclude<ShownCredentials, { kind: 'none' }>): Shown {
  switch (read.kind) {
    case 'basic':
      return passwordOf(read.user, read.password) ?? { kind: 'unusable' };
    case 'bearer':
      return tokenOf(read.token) ?? { kind: 'unusable' };
    case 'digest':
      return hasControls(read.user) ? { kind: 'unusable' } : read;
    default:
      return read;
  }
}

/** The credentials for the door, and whether later ones are the same; keeps of a password and a token only a hash. */
function remembering(shown: Credentials): {
  readonly credentials: Credentials;
  readonly isShownAgain: (later: Shown) => boolean;
} {
  if (shown.kind !== 'digest') {
    const own = shown.kind === 'none' ? undefined : hashOf(shown);
    const isShownAgain = (later: Shown): boolean =>
      later.kind === 'none' || (own !== undefined && timingSafeEqual(own, hashOf(later)));
    return { credentials: shown, isShownAgain };
  }
  let rightHa1: string | undefined;
  const verify = (ha1: string): boolean => {
    const isRight = shown.verify(ha1);
    if (isRight) rightHa1 = ha1;
    return isRight;
  };
  const isShownAgain = (later: Shown): boolean => {
    if (later.kind !== 'digest') return later.kind === 'none';
    if (later.user !== shown.user || later.algorithm !== shown.algorithm) return false;
    return rightHa1 !== undefined && later.verify(rightHa1);
  };
  return { credentials: { ...shown, verify }, isShownAgain };
}

function hashOf(shown: Shown): Buffer {
  return createHash('sha256').update(JSON.stringify(shown)).digest();
}
