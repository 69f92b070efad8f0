import {
  createRemoteJWKSet,
  customFetch,
  errors,
  jwtVerify,
  type JWTPayload,
  type JWTVerifyGetKey,
} from 'jose';
import type { Logger } from '../../observability/logger.ts';
import type { Credentials, Refusal } from '../door.ts';
import type { Identity } from '../identity.ts';
import type { Proof, Prover } from '../prover.ts';
import { refusal } from '../tokens/asker.ts';
import { guardedFetch } from '../../net/guarded-fetch.ts';
import { secretHash } from '../tokens/secret-word.ts';
import { parseOutsidePermissions } from './outside-permissions.ts';

/** `access.jwt` of the configuration. */
export interface OutsideJwtSettings {
  readonly jwksUrl: string;
  readonly issuer?: string | undefined;
  readonly audience?: string | undefined;
  /** Claim that lists permissions. */
  readonly claim: string;
}

export interface OutsideJwtOptions {
  readonly settings: OutsideJwtSettings;
  readonly logger: Logger;
  readonly now?: () => number;
}

/** Keys that are published sign; a shared secret (HS256) cannot be, and `none` signs nothing. */
const ALGORITHMS = [
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  ...['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'],
];
const FETCH_TIMEOUT_MS = 3000;
/** A key that is not there is not looked for again for this long: strangers can name any. */
const COOLDOWN_MS = 10_000;
const KEYS_LAST_MS = 600_000;
const CLOCK_TOLERANCE_S = 5;
/** What was found out of a token is remembered for this long; a key that the issuer took back counts until then. */
const REMEMBERED_MS = 60_000;
const MAX_REMEMBERED = 5000;
const MAX_TOKEN_LENGTH = 8192;
const JWT = /^eyJ[\w-]+\.[\w-]+\.[\w-]+$/;

const UNAVAILABLE: Refusal = refusal(
  'unavailable',
  'ERR_OUTSIDE_ISSUER_UNAVAILABLE',
  'The keys of the tokens’ issuer cannot be fetched now.',
);

type OutsideIdentity = Extract<Identity, { kind: 'outside' }>;

/**
 * Whoever shows a JWT of an outside issuer that is trusted (RFC 7519, keys by RFC 7517): what its claim allows holds
 * until it ends. Asked after the provers of our own tokens.
 */
export class OutsideJwtProver implements Prover {
  readonly #settings: OutsideJwtSettings;
  readonly #keys: JWTVerifyGetKey;
  readonly #logger: Logger;
  readonly #now: () => number;
  /** By hash of the token, in the order of time. */
  readonly #remembered = new Map<string, { readonly proof: Proof; readonly untilMs: number }>();

  constructor({ settings, logger, now = Date.now }: OutsideJwtOptions) {
    this.#settings = settings;
    this.#logger = logger;
    this.#now = now;
    this.#keys = createRemoteJWKSet(new URL(settings.jwksUrl), {
      timeoutDuration: FETCH_TIMEOUT_MS,
      cooldownDuration: COOLDOWN_MS,
      cacheMaxAge: KEYS_LAST_MS,
      [customFetch]: async (address, { headers, signal }) => guardedFetch(address, { headers, signal }),
    });
  }

  async prove(credentials: Credentials): Promise<Proof | Refusal | undefined> {
    if (credentials.kind !== 'token') return undefined;
    const { token } = credentials;
    if (token.length > MAX_TOKEN_LENGTH || !JWT.test(token)) return undefined;
    const hash = secretHash(token);
    const known = this.#remembered.get(hash);
    if (known !== undefined && known.untilMs > this.#now()) return known.proof;
    try {
      const { payload } = await jwtVerify(token, this.#keys, {
        algorithms: ALGORITHMS,
        clockTolerance: CLOCK_TOLERANCE_S,
        currentDate: new Date(this.#now()),
        ...(this.#settings.issuer === undefined ? {} : { issuer: this.#settings.issuer }),
        ...(this.#settings.audience === undefined ? {} : { audience: this.#settings.audience }),
      });
      const proof: Proof = { ok: true, identity: this.#identity(payload) };
      this.#remember(hash, proof);
      return proof;
    } catch (error) {
      return this.#refusalOf(error);
    }
  }

  #identity(payload: JWTPayload): OutsideIdentity {
    const { sub, iss = 'outside', exp } = payload;
    const name = sub ?? 'unnamed';
    return {
      kind: 'outside',
      id: `${iss} ${name}`.slice(0, 200),
      name: name.slice(0, 100),
      permissions: parseOutsidePermissions(payload[this.#settings.claim]),
      // MediaMTX lets tokens in that never end.
      expiresAtMs: exp === undefined ? Number.MAX_SAFE_INTEGER : exp * 1000,
    };
  }

  /** `undefined`: it is a token of nobody who is trusted here, or has ended; somebody else may know it. */
  #refusalOf(error: unknown): Refusal | undefined {
    const isOfToken =
      error instanceof errors.JOSEError &&
      !(error instanceof errors.JWKSTimeout) &&
      !(error instanceof errors.JWKSInvalid) &&
      error.code !== 'ERR_JOSE_GENERIC';
    if (isOfToken) return undefined;
    this.#logger.warn(
      { err: error, url: this.#settings.jwksUrl },
      'the keys of access.jwt cannot be fetched',
    );
    return UNAVAILABLE;
  }

  #remember(hash: string, proof: Proof): void {
    const now = this.#now();
    const { identity } = proof;
    const endMs = identity.kind === 'outside' ? identity.expiresAtMs : 0;
    for (const [oldest, { untilMs }] of this.#remembered) {
      if (untilMs > now && this.#remembered.size < MAX_REMEMBERED) break;
      this.#remembered.delete(oldest);
    }
    this.#remembered.delete(hash);
    this.#remembered.set(hash, { proof, untilMs: Math.min(endMs, now + REMEMBERED_MS) });
  }
}
