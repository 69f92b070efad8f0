import type { Identity } from './identity.ts';

/** What was done, in the words of the audit log: `thing.verb`. */
export type AuditAction = `${string}.${string}`;

export interface AuditEntry {
  readonly identity: Identity;
  /** e.g. `login.succeeded`, `view.started`, `camera.changed`, `streamToken.revoked`. */
  readonly action: AuditAction;
  readonly cameraId?: string | undefined;
  /** What else it was done to: a user's name, the id of a token or a key. */
  readonly target?: string | undefined;
  /** IPv4 or IPv6 address that it was done from; empty: by the program itself. */
  readonly address: string;
  readonly userAgent?: string | undefined;
  readonly result: 'ok' | 'refused' | 'failed';
  /** Before and after, reasons; nothing secret. At most 4 KB as JSON; more is cut. */
  readonly detail?: Readonly<Record<string, unknown>>;
}

/** Where everything that matters is written down. */
export interface AuditTrail {
  /** Takes the entry; never waits, never throws. */
  record(entry: AuditEntry): void;
}
