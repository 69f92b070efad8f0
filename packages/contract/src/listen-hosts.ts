import { z } from 'zod';

/** Whoever listens. */
export const LISTENERS = ['http', 'rtsp', 'rtmp', 'srt', 'webrtc'] as const;
type Listener = (typeof LISTENERS)[number];

interface Listening {
  readonly enabled?: boolean;
  readonly host?: string | undefined;
}

type Site = { readonly access: { readonly mode: 'required' | 'open' } } & Readonly<
  Record<Listener, Listening>
>;
type WithHosts<T> = {
  [Key in keyof T]: Key extends Listener ? Omit<T[Key], 'host'> & { host: string } : T[Key];
};

const LOOPBACK = '127.0.0.1';
const ALL_INTERFACES = '0.0.0.0';

/** Where a listener binds: its default depends on who may come. */
export const listenHost = z
  .string()
  .min(1)
  .optional()
  .describe('Address to listen on; where absent all interfaces, with access.mode open this machine alone');

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

/** Whether only this machine may reach the listeners. */
function isLocal({ access }: Site): boolean {
  return access.mode === 'open';
}

/** Why the listeners may not be where they are to be, by listener; whoever reaches one could watch. */
export function exposedListeners(site: Site): { listener: Listener; message: string }[] {
  if (!isLocal(site)) return [];
  return LISTENERS.filter((listener) => {
    const { enabled = true, host = LOOPBACK } = site[listener];
    return enabled && !isLoopback(host);
  }).map((listener) => ({
    listener,
    message: 'must be a loopback address (127.0.0.1, ::1, localhost) while access.mode is open',
  }));
}

/** The same with a host for every listener. */
export function withHosts<T extends Site>(site: T): WithHosts<T> {
  const fallback = isLocal(site) ? LOOPBACK : ALL_INTERFACES;
  const hosted = LISTENERS.map((listener) => {
    const { host = fallback } = site[listener];
    return [listener, { ...site[listener], host }];
  });
  return { ...site, ...Object.fromEntries(hosted) } as WithHosts<T>;
}
