import type { Peer } from '../door.ts';
import type { RateLimits } from '../rate-limit.ts';
import { limitKey } from '../limits/limit-key.ts';
import type { DeviceCookies } from './device-cookies.ts';
import { type Attempt, type FailureCount, FailureDelays } from './failure-delays.ts';
import type { KnownAddresses } from './known-addresses.ts';
import type { UserRecord } from './user-records.ts';
import type { Lane } from './work-lanes.ts';

/** Somebody who says that he is a user. */
export interface Claimant {
  /** As he wrote it; the user need not exist. */
  readonly name: string;
  /** `undefined`: there is no such user. */
  readonly user: Pick<UserRecord, 'id'> | undefined;
  readonly peer: Peer;
  /** The cookie of a device, where one was shown. */
  readonly device?: string | undefined;
}

/** An attempt that was let through. */
export interface GuardedAttempt {
  readonly lane: Lane;
  failed(): void;
  succeeded(): void;
  abandoned(): void;
}

export interface LoginGuardOptions {
  readonly limits: RateLimits;
  readonly devices: DeviceCookies;
  readonly addresses: KnownAddresses;
  readonly now?: () => number;
}

const MINUTE_MS = 60_000;
/** No user has a longer name. */
const MAX_NAME = 100;
const PAIR = { free: 5, maxWaitMs: 5 * MINUTE_MS };
const ADDRESS = { free: 20, maxWaitMs: 5 * MINUTE_MS };
const DEVICE = { free: 10, maxWaitMs: 5 * MINUTE_MS };
/** Of a user, whose password the one who guesses codes knows already: from anywhere. */
const CODES_OF_USER = { free: 20, maxWaitMs: 60 * MINUTE_MS };

/**
 * Slows those who guess. Failures are counted by name and address together, and by address; a name alone is never
 * blocked, so that nobody can lock its owner out. Who shows the cookie of a device from which this user logged in
 * goes by the count of that device alone; who comes from an address from which this user logged in goes by the count
 * of this name there, and what others fail at from there does not touch him.
 */
export class LoginGuard {
  readonly #limits: RateLimits;
  readonly #devices: DeviceCookies;
  readonly #addresses: KnownAddresses;
  readonly #delays: FailureDelays;
  readonly #now: () => number;

  constructor({ limits, devices, addresses, now = Date.now }: LoginGuardOptions) {
    this.#limits = limits;
    this.#devices = devices;
    this.#addresses = addresses;
    this.#now = now;
    this.#delays = new FailureDelays(now);
  }

  /** An attempt at the password. @returns ms to wait where none is let through now. */
  password(claimant: Claimant): GuardedAttempt | number {
    const { lane, own, counts } = this.#passwordCounts(claimant);
    return this.#guarded(claimant, lane, own, counts);
  }

  /** Where one stands who has a password to show, without an attempt at it; ms until one would be let through. */
  standing(claimant: Claimant): { readonly lane: Lane; readonly waitMs: number } {
    const { lane, counts } = this.#passwordCounts(claimant);
    return { lane, waitMs: this.#delays.waitMs(counts) };
  }

  /** An attempt at the second factor, after the password was right. @param isLong a recovery code: not to be guessed. */
  code(claimant: Claimant, isLong: boolean): GuardedAttempt | number {
    const { lane, deviceId, pair } = this.#describe(claimant);
    const own: FailureCount =
      deviceId === undefined
        ? { key: `code:${pair}`, ...PAIR }
        : { key: `code:device:${deviceId}`, ...DEVICE };
    const ofUser = { key: `code:user:${claimant.user?.id ?? ''}`, ...CODES_OF_USER };
    return this.#guarded(claimant, lane, own, lane === 'stranger' && !isLong ? [own, ofUser] : [own]);
  }

  /** Where he stands, and by what, he is known from now on. */
  welcome(user: Pick<UserRecord, 'id'>, { address }: Peer): void {
    this.#addresses.note(user.id, address);
  }

  #passwordCounts(claimant: Claimant): {
    readonly lane: Lane;
    readonly own: FailureCount;
    readonly counts: readonly FailureCount[];
  } {
    const { lane, deviceId, pair, address } = this.#describe(claimant);
    const own: FailureCount =
      deviceId === undefined
        ? { key: `password:${pair}`, ...PAIR }
        : { key: `password:device:${deviceId}`, ...DEVICE };
    const counts = lane === 'stranger' ? [own, { key: `address:${address}`, ...ADDRESS }] : [own];
    return { lane, own, counts };
  }

  #describe({ name, user, peer, device }: Claimant): {
    readonly lane: Lane;
    readonly deviceId: string | undefined;
    readonly pair: string;
    readonly address: string;
  } {
    // Asked for unknown names too, with an id that nobody has: the same work is done.
    const id = user?.id ?? '';
    const deviceId = this.#devices.idOf(device, id);
    const isKnown = this.#addresses.has(id, peer.address) || deviceId !== undefined;
    const address = limitKey(peer.address);
    return {
      lane: isKnown ? 'known' : 'stranger',
      deviceId,
      pair: `${name.slice(0, MAX_NAME).toLowerCase()}|${address}`,
      address,
    };
  }

  #guarded(
    claimant: Claimant,
    lane: Lane,
    own: FailureCount,
    counts: readonly FailureCount[],
  ): GuardedAttempt | number {
    const attempt: Attempt | number = this.#delays.begin(counts);
    if (typeof attempt === 'number') return attempt;
    return {
      lane,
      failed: () => {
        attempt.failed();
        void this.#count(lane === 'stranger' ? `address:${limitKey(claimant.peer.address)}` : own.key);
      },
      succeeded: () => attempt.succeeded([own.key]),
      abandoned: () => attempt.abandoned(),
    };
  }

  /** Failures are counted among all gateways, too. */
  async #count(key: string): Promise<void> {
    const waitMs = await this.#limits.take('login', key);
    if (waitMs > 0) this.#delays.block(key, this.#now() + waitMs);
  }
}
