/** An address at which a peer may be reached (RFC 8839 §5.1). UDP and IP literals only. */
export interface IceCandidate {
  readonly foundation: string;
  /** 1: RTP, and with rtcp-mux all there is. */
  readonly component: number;
  readonly priority: number;
  /** IPv4 or IPv6 literal. */
  readonly address: string;
  readonly port: number;
  readonly type: 'host' | 'srflx' | 'prflx' | 'relay';
}

const MAX_LENGTH = 1024;
const LINE =
  /^(?:a=)?(?:candidate:)?([\w+/]{1,32}) (\d{1,3}) udp (\d{1,10}) ([\d.:a-f]{2,45}) (\d{1,5}) typ (host|srflx|prflx|relay)(?: |$)/i;

/**
 * Parses the value of an `a=candidate` line, with or without `candidate:` in front, as scripts hand
 * it on.
 *
 * @returns `undefined` where it is of no use: it cannot be read, is not UDP, or names a host. Browsers
 * hide local addresses behind mDNS names; those peers are found by the checks they send.
 */
export function parseIceCandidate(line: string): IceCandidate | undefined {
  const match = line.length > MAX_LENGTH ? null : LINE.exec(line);
  if (match === null) return undefined;
  const [, foundation = '', component, priority, address = '', port, type = ''] = match;
  const candidate = {
    foundation,
    component: Number(component),
    priority: Math.min(Number(priority), 0x7fff_ffff),
    address,
    port: Number(port),
    type: type.toLowerCase() as IceCandidate['type'],
  };
  const isInRange = candidate.component >= 1 && candidate.port >= 1 && candidate.port <= 65_535;
  return isInRange && isIpAddress(address) ? candidate : undefined;
}

/** The value of an `a=candidate` line. */
export function serializeIceCandidate(candidate: IceCandidate): string {
  const { foundation, component, priority, address, port, type } = candidate;
  const related = type === 'host' ? '' : ' raddr 0.0.0.0 rport 0';
  return `${foundation} ${component} UDP ${priority} ${address} ${port} typ ${type}${related}`;
}

/** Whether `text` is an IPv4 or IPv6 address and not a name. */
export function isIpAddress(text: string): boolean {
  return isIpv4(text) || isIpv6(text);
}

function isIpv4(text: string): boolean {
  const parts = text.split('.');
  return parts.length === 4 && parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) < 256);
}

/** RFC 4291 §2.2; without a zone, which means nothing to another host. */
function isIpv6(text: string): boolean {
  if (text.length > 45 || !text.includes(':')) return false;
  const halves = text.split('::');
  if (halves.length > 2) return false;
  const groups = halves.flatMap((half) => (half === '' ? [] : half.split(':')));
  const last = groups.at(-1) ?? '';
  const hasIpv4 = last.includes('.') && isIpv4(last);
  const count = groups.length + (hasIpv4 ? 1 : 0);
  const isHex = groups.every((group, index) =>
    hasIpv4 && index === groups.length - 1 ? true : /^[0-9a-f]{1,4}$/i.test(group),
  );
  return isHex && (halves.length === 2 ? count < 8 : count === 8);
}
