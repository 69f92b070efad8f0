import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Secrets } from '../secrets.ts';

/** How long a browser is known after a login, s. */
export const DEVICE_COOKIE_SECONDS = 365 * 24 * 3600;

/**
 * Cookies by which a browser shows that this very user has logged in from it before (OWASP, "device cookies"). One
 * proves nothing but that: it makes failures of others not count against whoever shows it.
 */
export class DeviceCookies {
  readonly #key: Uint8Array;
  readonly #now: () => number;

  constructor(secrets: Pick<Secrets, 'key'>, now: () => number = Date.now) {
    this.#key = secrets.key('login.deviceCookie');
    this.#now = now;
  }

  make(userId: string): string {
    const issuedAt = Math.floor(this.#now() / 1000).toString(36);
    const id = randomBytes(12).toString('base64url');
    return `${id}.${issuedAt}.${this.#sign(userId, id, issuedAt).toString('base64url')}`;
  }

  /** The id of the device, where `value` was made for this user not too long ago. */
  idOf(value: string | undefined, userId: string): string | undefined {
    const [id = '', issuedAt = '', shown = ''] = (value ?? '').split('.', 3);
    const signature = this.#sign(userId, id, issuedAt);
    const bytes = Buffer.from(shown, 'base64url');
    if (bytes.length !== signature.length || !timingSafeEqual(bytes, signature)) return undefined;
    const age = this.#now() / 1000 - Number.parseInt(issuedAt, 36);
    return age < DEVICE_COOKIE_SECONDS ? id : undefined;
  }

  #sign(userId: string, id: string, issuedAt: string): Buffer {
    return createHmac('sha256', this.#key)
      .update(JSON.stringify([userId, id, issuedAt]))
      .digest();
  }
}
