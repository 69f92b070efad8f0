import type { SrtCrypto } from './crypto.ts';
import { readUint32 } from './packet.ts';

const MINUTE_US = 60_000_000;

/**
 * SYN cookies: a listener remembers nothing of a caller until the caller has shown, by repeating the cookie, that
 * it receives at the address it claims (draft-sharabayko-srt §4.3.1.1).
 */
export class CookieJar {
  readonly #crypto: SrtCrypto;
  readonly #key: Uint8Array;

  constructor(crypto: SrtCrypto) {
    this.#crypto = crypto;
    this.#key = crypto.randomBytes(32);
  }

  /** @param peer address and port, in any fixed form. @param nowUs any steady clock. */
  bake(peer: string, nowUs: number): number {
    return this.#cookie(peer, Math.floor(nowUs / MINUTE_US));
  }

  /** Whether `cookie` was baked for `peer` in this minute or the last one. */
  isGood(cookie: number, peer: string, nowUs: number): boolean {
    const minute = Math.floor(nowUs / MINUTE_US);
    return cookie === this.#cookie(peer, minute) || cookie === this.#cookie(peer, minute - 1);
  }

  #cookie(peer: string, minute: number): number {
    const data = new TextEncoder().encode(`${peer} ${minute}`);
    return readUint32(this.#crypto.hmacSha256(this.#key, data), 0);
  }
}
