import type { Identity } from '../../access/identity.ts';
import type { SrtLink } from '../../net/srt/srt-link.ts';
import type { SessionInfo, SessionRegistry, SessionTotals } from '../../sessions/session-registry.ts';

/** What a session needs of the server. */
export interface SessionHost {
  readonly registry: SessionRegistry;
  /** The session is over: its connection is to be closed. */
  readonly onSessionEnd: (link: SrtLink) => void;
}

/** Enters a session in the registry. @returns what takes it out again. */
export function register(
  host: SessionHost,
  link: SrtLink,
  info: Pick<SessionInfo, 'kind' | 'cameraId' | 'peer'> & { readonly identity: Identity },
  owner: { totals(): SessionTotals; close(reason: string): void },
): (reason: string) => void {
  const { end } = host.registry.begin(
    { ...info, protocol: 'srt', userAgent: link.peerVersion, transport: 'udp' },
    owner,
  );
  return end;
}
