import { isIPv6 } from 'node:net';

const MAX_KEY = 200;

/**
 * What a key is counted by. An IPv6 address stands for its /64: whoever has one has all of them, and would begin anew
 * with each. IPv4 addresses in IPv6 clothes are what they are. What is long is cut.
 */
export function limitKey(key: string): string {
  const [bare = ''] = key.split('%', 1);
  if (!isIPv6(bare)) return key.slice(0, MAX_KEY);
  const [, mapped] = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(bare) ?? [];
  return mapped ?? `${networkOf(bare)}::/64`;
}

/** The first four groups of an IPv6 address. */
function networkOf(address: string): string {
  const [head = '', tail] = address.toLowerCase().split('::', 2);
  const before = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  // An IPv4 address at the end stands for two groups.
  const length = (groups: readonly string[]): number =>
    groups.reduce((sum, group) => sum + (group.includes('.') ? 2 : 1), 0);
  const missing = tail === undefined ? 0 : Math.max(0, 8 - length(before) - length(after));
  const groups = [...before, ...Array<string>(missing).fill('0'), ...after];
  return groups
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':');
}
