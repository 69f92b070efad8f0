import { lookup } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';

/**
 * Addresses that no source may lead to, whoever configured it: link-local ones, where clouds keep the
 * credentials of the machine itself (169.254.169.254 and its like), and those that name no single host.
 * Private networks and loopback are where cameras live, and allowed.
 */
const refused = new BlockList();
refused.addSubnet('169.254.0.0', 16);
refused.addSubnet('0.0.0.0', 8);
refused.addSubnet('224.0.0.0', 4);
refused.addSubnet('240.0.0.0', 4);
refused.addAddress('100.100.100.200'); // Alibaba Cloud
refused.addAddress('192.0.0.192'); // Oracle Cloud
refused.addSubnet('fe80::', 10, 'ipv6');
refused.addSubnet('ff00::', 8, 'ipv6');
refused.addAddress('::', 'ipv6');
refused.addAddress('fd00:ec2::254', 'ipv6'); // AWS

/** The address, or every address of the name, is one that no source may lead to. */
export class AddressRefusedError extends Error {
  override readonly name = 'AddressRefusedError';
  readonly code = 'ERR_ADDRESS_REFUSED';

  constructor() {
    super('this address is link-local, a metadata service or no single host: sources may not lead there');
  }
}

/** Whether a source may connect to `address`, an IPv4 or IPv6 address; mapped IPv4 ones are seen through. */
export function isAllowedAddress(address: string): boolean {
  const [bare = ''] = address.split('%', 1);
  const family = isIP(bare);
  return family !== 0 && !refused.check(bare, family === 6 ? 'ipv6' : 'ipv4');
}

/**
 * For the `lookup` option of a socket: resolves the name once, takes refused addresses out and pins the rest, so
 * that a name cannot show one address to the check and another to the connection.
 *
 * Addresses that need no lookup never come here: check them by `isAllowedAddress`.
 */
export const guardedLookup: LookupFunction = (hostname, options, callback) => {
  lookup(hostname, { ...options, all: true }, (error, addresses) => {
    if (error !== null) {
      callback(error, '');
      return;
    }
    const allowed = addresses.filter(({ address }) => isAllowedAddress(address));
    const [first] = allowed;
    if (first === undefined) callback(new AddressRefusedError(), '');
    else if (options.all === true) callback(null, allowed);
    else callback(null, first.address, first.family);
  });
};
