import { isIP } from 'node:net';
import { plainAddress } from '../net/plain-address.ts';
import type { SessionObserver, SessionRecord } from '../sessions/session-registry.ts';
import type { AuditEntry, AuditTrail } from './audit-entry.ts';

/** Writes down each start and end of viewing and publishing. */
export function auditSessions(audit: AuditTrail, now: () => number = Date.now): SessionObserver {
  return {
    started: (session) => {
      const { id, protocol, transport } = session;
      audit.record({ ...about(session, 'started'), detail: { session: id, protocol, transport } });
    },
    ended: (session, reason) => {
      const { id, protocol, startedAtMs, owner } = session;
      const seconds = Math.round((now() - startedAtMs) / 100) / 10;
      const { bytes } = owner.totals();
      audit.record({ ...about(session, 'ended'), detail: { session: id, protocol, reason, seconds, bytes } });
    },
  };
}

function about(
  { kind, cameraId, identity, peer, userAgent }: SessionRecord,
  verb: 'started' | 'ended',
): Omit<AuditEntry, 'detail'> {
  return { identity, action: `${kind}.${verb}`, cameraId, address: addressOf(peer), userAgent, result: 'ok' };
}

/** Without the port: of `10.0.0.1:5000`, `[::1]:5000`, or an address alone. */
function addressOf(peer: string): string {
  const address = isIP(peer) === 0 ? peer.replace(/:\d+$/, '') : peer;
  return plainAddress(address.replace(/^\[(.*)\]$/, '$1'));
}
