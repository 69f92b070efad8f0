import { ProtocolError } from '@vedette/media';
import sdpTransform from 'sdp-transform';
import type { RawMedia, RawSection, RawSession } from 'sdp-transform';
import type {
  MediaDescription,
  RtpMap,
  SdpAttribute,
  SdpDirection,
  SdpOrigin,
  SessionDescription,
} from './session-description.ts';

export const SDP_LIMITS = {
  /** UTF-16 units in a description; browsers' offers with many codecs have some 10,000. */
  length: 128 * 1024,
  lines: 4096,
  /** `m=` sections. */
  medias: 64,
} as const;

/** What the library parses; all else is kept raw, so that its costlier patterns never see foreign text. */
const PARSED_ATTRIBUTES = new Set([
  'rtpmap',
  'fmtp',
  'control',
  'mid',
  'sendrecv',
  'sendonly',
  'recvonly',
  'inactive',
]);

/** The lines of a description put in order, and the attributes of its session and sections. */
interface Lines {
  readonly text: string;
  readonly sessionAttributes: SdpAttribute[];
  readonly mediaAttributes: SdpAttribute[][];
}

/**
 * Parses a session description (RFC 8866), in the way of cameras: lines that cannot be read are left
 * out, whitespace may stand anywhere, mandatory lines may be missing.
 *
 * @throws {ProtocolError} `ERR_SDP_TOO_LARGE`, `ERR_SDP_TOO_MANY_MEDIAS`, or `ERR_SDP_NONE`: no line
 *   of `text` looks like SDP.
 */
export function parseSdp(text: string): SessionDescription {
  const lines = readLines(text);
  const raw = sdpTransform.parse(lines.text);
  const direction = directionOf(raw);
  return {
    origin: originOf(raw),
    name: String(raw.name ?? ''),
    control: textOf(raw.control),
    connection: raw.connection?.ip,
    attributes: lines.sessionAttributes,
    medias: raw.media.map((media, index) => mediaOf(media, lines.mediaAttributes[index] ?? [], direction)),
  };
}

function readLines(text: string): Lines {
  const lines = text.split(/\r\n|\r|\n/, SDP_LIMITS.lines + 1);
  if (text.length > SDP_LIMITS.length || lines.length > SDP_LIMITS.lines) {
    throw new ProtocolError(
      'ERR_SDP_TOO_LARGE',
      `A session description has at most ${SDP_LIMITS.length} characters in ${SDP_LIMITS.lines} lines`,
    );
  }
  const kept: string[] = [];
  const sessionAttributes: SdpAttribute[] = [];
  const mediaAttributes: SdpAttribute[][] = [];
  for (const line of lines) {
    const trimmed = line.replace(/[\s\0]+/g, ' ').trim();
    if (trimmed[1] !== '=' || !/^[a-z]/.test(trimmed)) continue;
    const value = trimmed.slice(2).trim();
    if (trimmed.startsWith('m=')) {
      mediaAttributes.push([]);
      kept.push(`m=${mediaLine(value)}`);
    } else if (trimmed.startsWith('a=')) {
      const attribute = attributeOf(value);
      (mediaAttributes.at(-1) ?? sessionAttributes).push(attribute);
      if (PARSED_ATTRIBUTES.has(attribute.name)) kept.push(`a=${serializeAttribute(attribute)}`);
    } else {
      kept.push(`${trimmed.slice(0, 2)}${value}`);
    }
  }
  if (kept.length === 0)
    throw new ProtocolError('ERR_SDP_NONE', 'The session description has no line of SDP');
  if (mediaAttributes.length > SDP_LIMITS.medias) {
    throw new ProtocolError(
      'ERR_SDP_TOO_MANY_MEDIAS',
      `A session description has at most ${SDP_LIMITS.medias} media sections, got ${mediaAttributes.length}`,
    );
  }
  return { text: kept.join('\r\n'), sessionAttributes, mediaAttributes };
}

/**
 * The library wants `kind port protocol formats`. Taken away: the number of ports (`0/2`), and what
 * TP-Link puts behind the kind (`application/TP-LINK`).
 */
function mediaLine(value: string): string {
  const [kind = '', port = '', ...rest] = value.split(' ');
  return [kind.replace(/\W.*/, ''), port.replace(/\D.*/, ''), ...rest].join(' ');
}

/** Some cameras put a space behind the colon, or in front of it. */
function attributeOf(text: string): SdpAttribute {
  const colon = text.indexOf(':');
  if (colon === -1) return { name: text, value: undefined };
  return { name: text.slice(0, colon).trim(), value: text.slice(colon + 1).trim() };
}

/** An attribute as it stands after `a=`. */
export function serializeAttribute({ name, value }: SdpAttribute): string {
  return value === undefined ? name : `${name}:${value}`;
}

function mediaOf(
  raw: RawMedia,
  attributes: readonly SdpAttribute[],
  sessionDirection: SdpDirection | undefined,
): MediaDescription {
  const formats = String(raw.payloads ?? '')
    .split(' ')
    .filter((format) => format !== '');
  return {
    kind: raw.type ?? '',
    port: numberOf(raw.port) ?? 0,
    protocol: raw.protocol ?? '',
    formats,
    payloadTypes: formats.filter((format) => /^\d{1,3}$/.test(format) && Number(format) < 128).map(Number),
    rtpmaps: rtpmapsOf(raw),
    fmtps: fmtpsOf(raw),
    control: textOf(raw.control),
    mid: textOf(raw.mid),
    connection: raw.connection?.ip,
    direction: directionOf(raw) ?? sessionDirection ?? 'sendrecv',
    attributes,
  };
}

function rtpmapsOf({ rtp }: RawMedia): RtpMap[] {
  const maps: RtpMap[] = [];
  for (const { payload, codec, rate, encoding } of rtp) {
    const payloadType = numberOf(payload);
    if (payloadType === undefined || codec === undefined) continue;
    maps.push({
      payloadType,
      encoding: String(codec),
      clockRate: numberOf(rate) ?? 0,
      channels: Math.max(1, numberOf(encoding) ?? 1),
    });
  }
  return maps;
}

/** Some cameras spread the parameters of one payload type over several lines. */
function fmtpsOf({ fmtp }: RawMedia): Map<number, string> {
  const byPayloadType = new Map<number, string>();
  for (const { payload, config } of fmtp) {
    const payloadType = numberOf(payload);
    if (payloadType === undefined) continue;
    const before = byPayloadType.get(payloadType);
    const text = String(config ?? '');
    byPayloadType.set(payloadType, before === undefined ? text : `${before};${text}`);
  }
  return byPayloadType;
}

function directionOf({ direction }: RawSection): SdpDirection | undefined {
  switch (direction) {
    case 'sendrecv':
    case 'sendonly':
    case 'recvonly':
    case 'inactive':
      return direction;
    default:
      return undefined;
  }
}

function originOf({ origin }: RawSession): SdpOrigin | undefined {
  if (origin === undefined) return undefined;
  return {
    username: String(origin.username ?? ''),
    sessionId: String(origin.sessionId ?? ''),
    sessionVersion: String(origin.sessionVersion ?? ''),
    addressType: origin.ipVer === 6 ? 'IP6' : 'IP4',
    address: String(origin.address ?? ''),
  };
}

function textOf(value: string | number | undefined): string | undefined {
  return value === undefined ? undefined : String(value);
}

/** The library gives text where digits are missing or too many. */
function numberOf(value: string | number | undefined): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}
