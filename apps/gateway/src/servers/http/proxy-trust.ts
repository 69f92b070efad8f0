import type { IncomingMessage } from 'node:http';
import { BlockList, isIPv6 } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { plainAddress } from '../../net/plain-address.ts';

/** A request as it left the client: proxies that are trusted are looked through. */
export interface SeenRequest {
  /** Of the client, without a port. */
  readonly address: string;
  /** What it addressed: host, and port where it is not the scheme's. */
  readonly host: string | undefined;
  readonly isEncrypted: boolean;
}

/** Names in `X-Forwarded-For` that are looked at: more proxies in a row nobody has. */
const MAX_HOPS = 16;

/** The proxies whose `X-Forwarded-…` headers are believed; anybody can write them. */
export class ProxyTrust {
  readonly #trusted = new BlockList();
  readonly #isEmpty: boolean;

  /** @param proxies addresses, or networks as `10.0.0.0/8`. */
  constructor(proxies: readonly string[]) {
    this.#isEmpty = proxies.length === 0;
    for (const proxy of proxies) {
      const [address = '', bits] = proxy.split('/');
      const family = isIPv6(address) ? 'ipv6' : 'ipv4';
      if (bits === undefined) this.#trusted.addAddress(address, family);
      else this.#trusted.addSubnet(address, Number(bits), family);
    }
  }

  isTrusted(address: string): boolean {
    if (this.#isEmpty) return false;
    const plain = plainAddress(address);
    try {
      return this.#trusted.check(plain, isIPv6(plain) ? 'ipv6' : 'ipv4');
    } catch {
      return false; // no address at all: somebody wrote something else
    }
  }

  /** Who asks for what, whatever lies between. */
  seen({ socket, headers }: Pick<IncomingMessage, 'socket' | 'headers'>): SeenRequest {
    const direct = plainAddress(socket.remoteAddress ?? '');
    const isEncrypted = (socket as Partial<TLSSocket>).encrypted === true;
    if (!this.isTrusted(direct)) return { address: direct, host: headers.host, isEncrypted };
    const scheme = lastOf(headers['x-forwarded-proto']);
    return {
      address: this.#client(direct, headers['x-forwarded-for']),
      host: lastOf(headers['x-forwarded-host']) ?? headers.host,
      isEncrypted: scheme === undefined ? isEncrypted : scheme === 'https',
    };
  }

  /** The last that is no proxy of ours: what stands before it in the list, the client itself may have written. */
  #client(direct: string, forwarded: string | string[] | undefined): string {
    let client = direct;
    for (const name of String(forwarded ?? '')
      .split(',')
      .reverse()
      .slice(0, MAX_HOPS)) {
      const address = plainAddress(name.trim());
      if (address === '') break;
      client = address;
      if (!this.isTrusted(address)) break;
    }
    return client;
  }
}

function lastOf(header: string | string[] | undefined): string | undefined {
  const last = String(header ?? '')
    .split(',')
    .at(-1)
    ?.trim();
  return last === '' ? undefined : last;
}
