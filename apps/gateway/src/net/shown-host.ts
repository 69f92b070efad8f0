/**
 * The host by which this machine reaches a listener, as addresses have it: a listener on all interfaces is on
 * loopback too.
 */
export function shownHost(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  if (host === '::') return '[::1]';
  return host.includes(':') ? `[${host}]` : host;
}
