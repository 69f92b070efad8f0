import { lookup } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';

/**
 * Addresses that no source and no push may lead to, whoever configured it: link-local ones, where clouds keep the
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

/** Addresses of this machine and of the networks around it. */
const internal = new BlockList();
internal.addSubnet('10.0.0.0', 8);
internal.addSubnet('100.64.0.0', 10);
internal.addSubnet('127.0.0.0', 8);
internal.addSubnet('172.16.0.0', 12);
internal.addSubnet('192.0.0.0', 24);
internal.addSubnet('192.168.0.0', 16);
internal.addSubnet('198.18.0.0', 15);
internal.addAddress('::1', 'ipv6');
internal.addSubnet('fc00::', 7, 'ipv6');
internal.addSubnet('fec0::', 10, 'ipv6');
internal.addSubnet('64:ff9b::', 96, 'ipv6'); // NAT64: any of the IPv4 ones

/** The address, or every address of the name, is one that no source may lead to. */
export class AddressRefusedError extends Error {
  override readonly name = 'AddressRefusedError';
  readonly code = 'ERR_ADDRESS_REFUSED';

  constructor(
    message = 'this address is link-local, a metadata service or no single host: nothing may lead there',
  ) {
    super(message);
  }
}

/** Whether a source may connect to `address`, an IPv4 or IPv6 address; mapped IPv4 ones are seen through. */
export function isAllowedAddress(address: string): boolean {
  return isOutside(refused, address);
}

/** Whether `address` is allowed, and neither this machine nor in a private network. */
export function isPublicAddress(address: string): boolean {
  return isAllowedAddress(address) && isOutside(internal, address);
}

function isOutside(list: BlockList, address: string): boolean {
  const [bare = ''] = address.split('%', 1);
  const family = isIP(bare);
  return family !== 0 && !list.check(bare, family === 6 ? 'ipv6' : 'ipv4');
}

/** Where connections of one kind may lead. */
export interface AddressGuard {
  /**
   * For the `lookup` option of a socket: resolves the name once, takes refused addresses out and pins the rest, so
   * that a name cannot show one address to the check and another to the connection.
   *
   * Addresses that need no lookup never come here: check them by `isAllowed`.
   */
  readonly lookup: LookupFunction;
  /** Whether an IPv4 or IPv6 address may be connected to. */
  readonly isAllowed: (address: string) => boolean;
  /** What to say of one that may not. */
  readonly refusal: () => AddressRefusedError;
}

/** Addresses that sources, and pushes of the configuration, may lead to. */
export const networkGuard: AddressGuard = {
  lookup: lookupAmong(isAllowedAddress, refusedAddress),
  isAllowed: isAllowedAddress,
  refusal: refusedAddress,
};

/** For what may lead out into the world only. */
export const publicGuard: AddressGuard = {
  lookup: lookupAmong(isPublicAddress, notPublic),
  isAllowed: isPublicAddress,
  refusal: notPublic,
};

const publicCameraGuard: AddressGuard = {
  lookup: lookupAmong(isPublicAddress, notPublicCamera),
  isAllowed: isPublicAddress,
  refusal: notPublicCamera,
};

/** Where the cameras may be that the API makes; those of the file may be wherever `networkGuard` leads. */
export function apiCameraGuard({ privateNetworks }: { readonly privateNetworks: boolean }): AddressGuard {
  return privateNetworks ? networkGuard : publicCameraGuard;
}

function refusedAddress(): AddressRefusedError {
  return new AddressRefusedError();
}

function notPublic(): AddressRefusedError {
  return new AddressRefusedError(
    'this address is of this machine or of a private network: pushes made by the API may not lead there, unless push.privateNetworks is on',
  );
}

function notPublicCamera(): AddressRefusedError {
  return new AddressRefusedError(
    'this address is of this machine or of a private network: cameras made by the API may not be there, unless access.privateNetworks is on',
  );
}

function lookupAmong(
  isAllowed: (address: string) => boolean,
  refusal: () => AddressRefusedError,
): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, addresses) => {
      if (error !== null) {
        callback(error, '');
        return;
      }
      const allowed = addresses.filter(({ address }) => isAllowed(address));
      const [first] = allowed;
      if (first === undefined) callback(refusal(), '');
      else if (options.all === true) callback(null, allowed);
      else callback(null, first.address, first.family);
    });
  };
}
