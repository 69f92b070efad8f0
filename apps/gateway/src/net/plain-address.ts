/** The address as it is compared: an IPv4 address that came mapped into IPv6 (RFC 4291 §2.5.5.2) is one of IPv4. */
export function plainAddress(address: string): string {
  const lower = address.toLowerCase();
  return lower.startsWith('::ffff:') && lower.includes('.') ? lower.slice('::ffff:'.length) : lower;
}
