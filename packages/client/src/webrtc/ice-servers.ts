/**
 * STUN and TURN servers out of a `Link` header (RFC 9725 §4.6):
 * `<turn:turn.example.org?transport=udp>; rel="ice-server"; username="user"; credential="secret"`.
 */
export function parseIceServers(link: string | null): RTCIceServer[] {
  const servers: RTCIceServer[] = [];
  for (const [, urls = '', parameters = ''] of (link ?? '').matchAll(
    /<([^>]*)>((?:\s*;[^,"]*(?:"[^"]*")?)*)/g,
  )) {
    const values = new Map(
      [...parameters.matchAll(/;\s*([\w-]+)\s*=\s*(?:"([^"]*)"|([^;,\s]*))/g)].map(
        ([, name = '', quoted, plain]) => [name.toLowerCase(), quoted ?? plain ?? ''],
      ),
    );
    if (values.get('rel') !== 'ice-server' || !/^(?:stun|turn)s?:/i.test(urls)) continue;
    const username = values.get('username');
    const credential = values.get('credential');
    servers.push({
      urls,
      ...(username === undefined ? {} : { username }),
      ...(credential === undefined ? {} : { credential }),
    });
  }
  return servers;
}

/** What each gateway has told, by the origin of its addresses. */
const known = new Map<string, RTCIceServer[]>();

function originOf(url: string): string {
  return new URL(url, location.href).origin;
}

/** The servers to begin with: what the gateway said before, in this page. */
export function knownIceServers(url: string): RTCIceServer[] {
  return known.get(originOf(url)) ?? [];
}

/** @returns whether the gateway names others than those that were used. */
export function learnIceServers(url: string, servers: RTCIceServer[]): boolean {
  const hasNews = JSON.stringify(servers) !== JSON.stringify(knownIceServers(url));
  known.set(originOf(url), servers);
  return hasNews && servers.length > 0;
}
