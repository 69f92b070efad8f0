import type { AuditTrail } from './audit-entry.ts';
import type { Knock, Refusal } from './door.ts';
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
/** Different ones of all addresses in a window; beyond that each address has one. */
const MAX_KEPT = 10_000;
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
    const known =
      this.#counted.get(exactKey(knock, refusal, identity)) ?? this.#counted.get(knock.peer.address);
    if (known !== undefined) {
      known.repeated += 1;
      return;
    }
    this.#remember({ knock, refusal, identity, repeated: 0 });
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

  #remember(counted: Counted): void {
    const { address } = counted.knock.peer;
    const ofAddress = (this.#perAddress.get(address) ?? 0) + 1;
    this.#perAddress.set(address, ofAddress);
    const isMany = ofAddress >= MAX_PER_ADDRESS || this.#counted.size >= MAX_KEPT;
    const key = isMany ? address : exactKey(counted.knock, counted.refusal, counted.identity);
    this.#counted.set(key, counted);
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
  return JSON.stringify([peer.address, identityKey(identity), action, cameraId, protocol, code, user]);
}
