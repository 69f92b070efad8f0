/** One `a=` line: `a=name` or `a=name:value`. */
export interface SdpAttribute {
  readonly name: string;
  readonly value: string | undefined;
}

/** `o=` (RFC 8866 §5.2). Ids are text: they may exceed what a number holds. */
export interface SdpOrigin {
  readonly username: string;
  readonly sessionId: string;
  readonly sessionVersion: string;
  readonly addressType: 'IP4' | 'IP6';
  readonly address: string;
}

export type SdpDirection = 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive';

/** `a=rtpmap` (RFC 8866 §6.6). */
export interface RtpMap {
  readonly payloadType: number;
  /** As written; compare without case. */
  readonly encoding: string;
  readonly clockRate: number;
  /** Audio channels; 1 where not given. */
  readonly channels: number;
}

/** One `m=` section. */
export interface MediaDescription {
  /** `video`, `audio`, `application`, …; `` where the line cannot be read. */
  readonly kind: string;
  readonly port: number;
  /** `RTP/AVP`, `UDP/TLS/RTP/SAVPF`, … */
  readonly protocol: string;
  /** What stands after the protocol: payload types for RTP, else format names. */
  readonly formats: readonly string[];
  /** The formats that are RTP payload types (0-127). */
  readonly payloadTypes: readonly number[];
  readonly rtpmaps: readonly RtpMap[];
  /** Parameters of `a=fmtp` by payload type, as written. */
  readonly fmtps: ReadonlyMap<number, string>;
  readonly control: string | undefined;
  readonly mid: string | undefined;
  /** Address of `c=`, maybe with `/ttl`. */
  readonly connection: string | undefined;
  /** `sendrecv` where neither the section nor the session says. */
  readonly direction: SdpDirection;
  /** Every `a=` line of the section in order, those above included. */
  readonly attributes: readonly SdpAttribute[];
}

/** A session description (RFC 8866), as far as media servers care. */
export interface SessionDescription {
  readonly origin: SdpOrigin | undefined;
  readonly name: string;
  /** Session-level `a=control` (RFC 2326 §C.1.1). */
  readonly control: string | undefined;
  /** Address of `c=`, maybe with `/ttl`. */
  readonly connection: string | undefined;
  /** Every `a=` line in front of the first section, in order. */
  readonly attributes: readonly SdpAttribute[];
  readonly medias: readonly MediaDescription[];
}

/** The value of the first attribute `name`; `` for one without value, `undefined` when there is none. */
export function sdpAttribute(
  owner: { readonly attributes: readonly SdpAttribute[] },
  name: string,
): string | undefined {
  const found = owner.attributes.find((attribute) => attribute.name === name);
  return found === undefined ? undefined : (found.value ?? '');
}

/** The values of all attributes `name`, in order. */
export function sdpAttributes(
  owner: { readonly attributes: readonly SdpAttribute[] },
  name: string,
): string[] {
  return owner.attributes
    .filter((attribute) => attribute.name === name)
    .map((attribute) => attribute.value ?? '');
}
