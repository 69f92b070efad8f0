import type { AuditEntry } from '../audit-entry.ts';

/** Who changes something, and from where: for the audit. */
export type Actor = Pick<AuditEntry, 'identity' | 'address' | 'userAgent'>;
