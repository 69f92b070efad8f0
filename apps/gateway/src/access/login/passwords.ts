import { hash, parseOptions, verify } from '@node-rs/argon2';
import { createHmac, randomBytes } from 'node:crypto';
import { type Lane, WorkLanes } from './work-lanes.ts';

/** What one hash of Argon2id costs (RFC 9106; OWASP Password Storage: m = 19 MiB, t = 2, p = 1). */
export interface PasswordCost {
  /** KiB. */
  readonly memoryCost: number;
  readonly timeCost: number;
  readonly parallelism: number;
}

export const PASSWORD_COST: PasswordCost = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

/** Longer ones are no passwords; bounds what is hashed before Argon2 (bytes of UTF-8). */
const MAX_PASSWORD_BYTES = 1024;
const RUNNING = 2;
const WAITING = 50;
const REMEMBERED_MS = 60_000;
const MAX_REMEMBERED = 10_000;
const HASH_BYTES = 32;
const SALT_BYTES = 16;

/** Too many hashes wait already. */
export class PasswordsBusyError extends Error {
  override readonly name = 'PasswordsBusyError';
  readonly code = 'ERR_RATE_LIMITED';
}

export type PasswordVerdict =
  | 'right'
  | 'wrong'
  /** Nothing was found out: too many wait. */
  | 'busy';

export interface PasswordsOptions {
  readonly cost?: PasswordCost;
  readonly now?: () => number;
}

/**
 * Hashes passwords and verifies them, at most two at a time and with bounded queues: a hash is dear on purpose, and
 * video must not feel it. Costs are the same whether or not there is something to compare with.
 */
export class Passwords {
  readonly #cost: PasswordCost;
  readonly #now: () => number;
  readonly #lanes = new WorkLanes({ running: RUNNING, waiting: WAITING });
  /** No password fits it; verified where there is no user, so that this costs the same. */
  readonly #nobodysHash: string;
  /** Verified of late, in the order of time: HMAC of name, hash and password → until when. */
  readonly #remembered = new Map<string, number>();
  readonly #memoryKey = randomBytes(HASH_BYTES);

  constructor({ cost = PASSWORD_COST, now = Date.now }: PasswordsOptions = {}) {
    this.#cost = cost;
    this.#now = now;
    const encode = (length: number): string => randomBytes(length).toString('base64').replaceAll('=', '');
    const { memoryCost, timeCost, parallelism } = cost;
    this.#nobodysHash = `$argon2id$v=19$m=${memoryCost},t=${timeCost},p=${parallelism}$${encode(SALT_BYTES)}$${encode(HASH_BYTES)}`;
  }

  /** How many hashes run and wait now. */
  get load(): { readonly running: number; readonly waiting: number } {
    return this.#lanes.load;
  }

  /**
   * The hash to keep, in the PHC string format.
   *
   * @throws {PasswordsBusyError} too many wait.
   */
  async hash(password: string): Promise<string> {
    const made = await this.#lanes.run('known', () =>
      hash(password, { ...this.#cost, outputLen: HASH_BYTES }),
    );
    if (made === undefined)
      throw new PasswordsBusyError('Too many passwords are being checked; try again in a moment.');
    return made;
  }

  /**
   * Whether the password is the one of `passwordHash`.
   *
   * @param passwordHash `undefined` where there is none: it costs the same, and the verdict is `wrong`.
   */
  async verify(
    name: string,
    passwordHash: string | undefined,
    password: string,
    lane: Lane,
  ): Promise<PasswordVerdict> {
    if (Buffer.byteLength(password) > MAX_PASSWORD_BYTES) return 'wrong';
    const known = passwordHash ?? this.#nobodysHash;
    const isRight = await this.#lanes.run(lane, () => verify(known, password).catch(() => false));
    if (isRight === undefined) return 'busy';
    if (!isRight || passwordHash === undefined) return 'wrong';
    this.#remember(this.fingerprint(name, passwordHash, password));
    return 'right';
  }

  /**
   * Whether this very password was found right within the last minute: players that reconnect cost nothing. A user
   * whose password was changed has another hash, so that the old one is not remembered any more.
   */
  remembers(name: string, passwordHash: string | undefined, password: string): boolean {
    if (passwordHash === undefined) return false;
    const until = this.#remembered.get(this.fingerprint(name, passwordHash, password));
    return until !== undefined && until > this.#now();
  }

  /** What a name and a password are told apart by, in this process only: an HMAC under a key that nobody has. */
  fingerprint(name: string, passwordHash: string | undefined, password: string): string {
    return createHmac('sha256', this.#memoryKey)
      .update(JSON.stringify([name, passwordHash ?? this.#nobodysHash, password]))
      .digest('base64url');
  }

  /** Whether the hash was made with other costs than those of now. */
  needsRehash(passwordHash: string): boolean {
    try {
      const { memoryCost, timeCost, parallelism } = parseOptions(passwordHash);
      const now = this.#cost;
      return memoryCost !== now.memoryCost || timeCost !== now.timeCost || parallelism !== now.parallelism;
    } catch {
      return true;
    }
  }

  #remember(fingerprint: string): void {
    const now = this.#now();
    for (const [oldest, until] of this.#remembered) {
      if (until > now && this.#remembered.size < MAX_REMEMBERED) break;
      this.#remembered.delete(oldest);
    }
    this.#remembered.delete(fingerprint);
    this.#remembered.set(fingerprint, now + REMEMBERED_MS);
  }
}
