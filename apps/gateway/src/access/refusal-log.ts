import type { AuditTrail } from './audit-entry.ts';
import type { Knock, Refusal } from './door.ts';
import { limitKey } from './limits/limit-key.ts';
import { identityKey, NOBODY, type Identity } from './identity.ts';

export interface RefusalLogOptions {
  readonly audit: AuditTrail;
  /** Ms in which the same is counted together; default 10 000. */
  readonly windowMs?: number;
}

/** What was refused, and how often since it was written down. */
interface Counted {
  readonly knock: Knock;
  readonly refusal: Refusal;
  readonly identity: Identity;
  repeated: number;
}

const WINDOW_MS = 10_000;
/** Different ones of one address in a window; beyond that they are counted as one, whatever they were for. */
const MAX_PER_ADDRESS = 20;
/** Different ones of all addresses in a window; beyond that all others are counted as one. */
const MAX_KEPT = 10_000;
const EVERYBODY_ELSE = '';
const MAX_USER = 100;

/**
 * Writes down who was refused at the doors, without letting somebody who knocks a thousand times a second fill the
 * audit log: the first is written at once, the same ones of one address within the window as one entry at its end.
 */
export class RefusalLog {
  readonly #audit: AuditTrail;
  readonly #windowMs: number;
  readonly #counted = new Map<string, Counted>();
  readonly #perAddress = new Map<string, number>();
  #timer: NodeJS.Timeout | undefined;

  constructor({ audit, windowMs = WINDOW_MS }: RefusalLogOptions) {
    this.#audit = audit;
    this.#windowMs = windowMs;
  }

  record(knock: Knock, refusal: Refusal, identity: Identity = NOBODY): void {
    const address = limitKey(knock.peer.address);
    const exact = exactKey(knock, refusal, identity);
    const known = this.#counted.get(exact) ?? this.#counted.get(address) ?? this.#counted.get(EVERYBODY_ELSE);
    if (known !== undefined) {
      known.repeated += 1;
      return;
    }
    this.#counted.set(this.#newKey(address, exact), { knock, refusal, identity, repeated: 0 });
    this.#write(knock, refusal, identity, {});
    this.#timer ??= setTimeout(() => this.flush(), this.#windowMs).unref();
  }

  /** Writes down what was counted, and begins anew; also for the end of the program. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const counted = [...this.#counted.values()];
    this.#counted.clear();
    this.#perAddress.clear();
    for (const { knock, refusal, identity, repeated } of counted) {
      if (repeated > 0) this.#write(knock, refusal, identity, { repeated });
    }
  }

  #newKey(address: string, exact: string): string {
    if (this.#counted.size >= MAX_KEPT) return EVERYBODY_ELSE;
    const ofAddress = (this.#perAddress.get(address) ?? 0) + 1;
    this.#perAddress.set(address, ofAddress);
    return ofAddress >= MAX_PER_ADDRESS ? address : exact;
  }

  #write(knock: Knock, { code, reason }: Refusal, identity: Identity, more: { repeated?: number }): void {
    const { action, cameraId, protocol, peer, credentials } = knock;
    this.#audit.record({
      identity,
      action: `${action}.refused`,
      cameraId,
      ...('user' in credentials ? { target: credentials.user.slice(0, MAX_USER) } : {}),
      address: peer.address,
      userAgent: peer.userAgent,
      result: reason === 'unavailable' ? 'failed' : 'refused',
      detail: { code, protocol, ...more },
    });
  }
}

function exactKey(
  { peer, action, cameraId, protocol, credentials }: Knock,
  { code }: Refusal,
  identity: Identity,
): string {
  const user = 'user' in credentials ? credentials.user : '';
  return JSON.stringify([
    limitKey(peer.address),
    identityKey(identity),
    action,
    cameraId,
    protocol,
    code,
    user,
  ]);
}
