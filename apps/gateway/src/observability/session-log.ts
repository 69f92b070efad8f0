import type { SessionObserver, SessionRecord } from '../sessions/session-registry.ts';
import type { Logger } from './logger.ts';

function facts({ id, protocol, kind, cameraId, peer, transport }: SessionRecord): Record<string, unknown> {
  return { session: id, protocol, kind, camera: cameraId, peer, transport };
}

/** One line when a session starts and one when it ends, with the reason and what it took. */
export function sessionLog(logger: Logger, now: () => number = Date.now): SessionObserver {
  return {
    started: (session) => {
      logger.info({ ...facts(session), userAgent: session.userAgent }, 'session started');
    },
    ended: (session, reason) => {
      const { bytes, dropped } = session.owner.totals();
      const seconds = Math.round((now() - session.startedAtMs) / 100) / 10;
      logger.info({ ...facts(session), reason, seconds, bytes, dropped }, 'session ended');
    },
  };
}
