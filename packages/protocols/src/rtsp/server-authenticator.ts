import { equalInConstantTime, parseAuthorization, type DigestAuthorization } from './authorization.ts';
import type { Challenge } from './challenge.ts';
import { digestResponseOf } from './digest.ts';

/** The algorithms that are offered; of them every client knows the last. */
export type OfferedDigest = 'MD5' | 'SHA-256';

/** What a request shows of who sends it. */
export type ShownCredentials =
  | { readonly kind: 'none' }
  /** Malformed, or of a kind that was not offered. */
  | { readonly kind: 'unusable' }
  /** Digest with a nonce that is none of ours, is too old, or was used like this before: ask again. */
  | { readonly kind: 'stale' }
  | { readonly kind: 'basic'; readonly user: string; readonly password: string }
  | { readonly kind: 'bearer'; readonly token: string }
  | {
      readonly kind: 'digest';
      readonly user: string;
      readonly algorithm: OfferedDigest;
      /** Whether the answer fits H(user:realm:password), in hex; takes the same time wherever it differs. */
      readonly verify: (ha1: string) => boolean;
    };

export interface ServerAuthenticatorOptions {
  readonly realm: string;
  /** Unpredictable text without quotes, new with each call. */
  readonly createNonce: () => string;
  /** How long a nonce is good for whoever logs in by it. */
  readonly nonceLifeMs: number;
  /**
   * Whether the `uri` that was signed is for what the request's URL names. They differ: VLC signs the presentation's
   * URL in SETUP, ffmpeg the control URL, and some leave the host out.
   */
  readonly isSameTarget: (uri: string, url: string) => boolean;
}

interface Nonce {
  readonly text: string;
  readonly madeMs: number;
  /** The highest `nc` that came with it: each may come once (RFC 7616 §3.4). */
  count: number;
}

/**
 * The server's side of authentication on one connection: Basic (RFC 7617) and Digest (RFC 7616).
 *
 * Nonces belong to the connection, so that what somebody overheard of another is worth nothing. Clients that count
 * their requests (`qop=auth`) have to count up; those that speak RFC 2069, as GStreamer and VLC do, cannot be held to it.
 */
export class ServerAuthenticator {
  readonly #options: ServerAuthenticatorOptions;
  #nonce: Nonce | undefined;

  constructor(options: ServerAuthenticatorOptions) {
    this.#options = options;
  }

  /**
   * What a 401 asks for, each in a header of its own. Of several Digests, ffmpeg, GStreamer and VLC take the last, and
   * know nothing but MD5; clients that know more take the strongest.
   *
   * @param isStale the nonce was what was wrong.
   */
  challenges(isStale: boolean, nowMs: number): Challenge[] {
    const { realm } = this.#options;
    const nonce = this.#freshNonce(nowMs).text;
    const stale = isStale ? { isStale } : {};
    const digest = { scheme: 'digest', realm, nonce, hasQopAuth: true, ...stale } as const;
    return [
      { ...digest, algorithm: 'SHA-256' },
      { ...digest, algorithm: 'MD5' },
      { scheme: 'basic', realm },
    ];
  }

  /**
   * Reads `Authorization`.
   *
   * @param isKnown the connection has been let in by its nonce, which then holds as long as the connection.
   * @throws {ProtocolError} `ERR_RTSP_PARAMETERS`.
   */
  read(
    header: string | undefined,
    request: { readonly method: string; readonly url: string },
    { nowMs, isKnown }: { readonly nowMs: number; readonly isKnown: boolean },
  ): ShownCredentials {
    if (header === undefined) return { kind: 'none' };
    const shown = parseAuthorization(header);
    switch (shown?.scheme) {
      case undefined:
        return { kind: 'unusable' };
      case 'basic':
        return { kind: 'basic', user: shown.user, password: shown.password };
      case 'bearer':
        return { kind: 'bearer', token: shown.token };
      case 'digest':
        return this.#readDigest(shown, request, { nowMs, isKnown });
    }
  }

  #readDigest(
    shown: DigestAuthorization,
    { method, url }: { readonly method: string; readonly url: string },
    { nowMs, isKnown }: { readonly nowMs: number; readonly isKnown: boolean },
  ): ShownCredentials {
    const { algorithm, realm, user, uri, response } = shown;
    if (algorithm !== 'MD5' && algorithm !== 'SHA-256') return { kind: 'unusable' };
    if (realm !== this.#options.realm || !this.#options.isSameTarget(uri, url)) return { kind: 'unusable' };
    if (!this.#isGood(shown, nowMs, isKnown)) return { kind: 'stale' };
    const verify = (ha1: string): boolean =>
      equalInConstantTime(response, digestResponseOf(ha1.toLowerCase(), { ...shown, method }));
    return { kind: 'digest', user, algorithm, verify };
  }

  /** Counts a use of the nonce. */
  #isGood({ nonce, qop }: DigestAuthorization, nowMs: number, isKnown: boolean): boolean {
    const ours = this.#nonce;
    if (ours === undefined || !equalInConstantTime(nonce, ours.text)) return false;
    if (!isKnown && this.#isOld(ours, nowMs)) return false;
    if (qop === undefined) return true;
    const count = /^[0-9a-f]{8}$/i.test(qop.nonceCount) ? Number.parseInt(qop.nonceCount, 16) : 0;
    if (count <= ours.count) return false;
    ours.count = count;
    return true;
  }

  #isOld({ madeMs }: Nonce, nowMs: number): boolean {
    return nowMs - madeMs > this.#options.nonceLifeMs;
  }

  /** One that nobody has used yet. */
  #freshNonce(nowMs: number): Nonce {
    return (this.#nonce = { text: this.#options.createNonce(), madeMs: nowMs, count: 0 });
  }
}
