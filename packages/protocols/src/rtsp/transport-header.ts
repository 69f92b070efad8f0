import { ProtocolError } from '@vedette/media';

import { parseParameter, splitQuoted, type Parameter } from './parameters.ts';

/** RTP and RTCP port, or interleaved RTP and RTCP channel. */
export type RtpRtcpPair = readonly [rtp: number, rtcp: number];

/** One alternative of a `Transport` header (RFC 2326 §12.39). */
export interface RtspTransport {
  /** `RTP/AVP`, `RTP/SAVP`, `RTP/AVPF`, `RTP/SAVPF`; upper case. */
  readonly profile: string;
  readonly lower: 'tcp' | 'udp';
  /** RFC 2326 calls multicast the default; every peer that says neither means unicast, so that is what it reads as. */
  readonly delivery: 'unicast' | 'multicast';
  /** Channels of interleaved frames. */
  readonly interleaved?: RtpRtcpPair;
  readonly clientPort?: RtpRtcpPair;
  readonly serverPort?: RtpRtcpPair;
  /** Multicast ports. */
  readonly port?: RtpRtcpPair;
  readonly destination?: string;
  readonly source?: string;
  readonly ttl?: number;
  readonly ssrc?: number;
  readonly mode?: 'play' | 'record';
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/**
 * Parses a `Transport` header into the alternatives this project understands, best first.
 *
 * Empty when none is understood (answer 461). An SSRC or mode that makes no sense is left out:
 * several cameras write `ssrc=` decimal, padded or empty, and it only serves as a hint.
 *
 * @throws {ProtocolError} `ERR_RTSP_TRANSPORT`: ports, channels or TTL out of range. `ERR_RTSP_PARAMETERS`.
 */
export function parseTransports(value: string): RtspTransport[] {
  const transports: RtspTransport[] = [];
  for (const alternative of splitQuoted(value, ',')) {
    const [spec = '', ...elements] = splitQuoted(alternative, ';');
    const match = /^(RTP\/S?AVPF?)(?:\/(TCP|UDP))?$/i.exec(spec);
    if (match === null) continue;
    const transport: Writable<RtspTransport> = {
      profile: (match[1] ?? '').toUpperCase(),
      lower: match[2]?.toUpperCase() === 'TCP' ? 'tcp' : 'udp',
      delivery: 'unicast',
    };
    for (const element of elements) apply(transport, parseParameter(element));
    transports.push(transport);
  }
  return transports;
}

/** Writes one alternative; join several with `, `. */
export function serializeTransport(transport: RtspTransport): string {
  const { profile, lower, delivery, ttl, ssrc } = transport;
  const parts = [lower === 'tcp' ? `${profile}/TCP` : profile, delivery];
  if (transport.destination !== undefined) parts.push(`destination=${transport.destination}`);
  if (transport.source !== undefined) parts.push(`source=${transport.source}`);
  const pairs = [
    ['interleaved', transport.interleaved],
    ['client_port', transport.clientPort],
    ['server_port', transport.serverPort],
    ['port', transport.port],
  ] as const;
  for (const [name, pair] of pairs) if (pair !== undefined) parts.push(`${name}=${pair[0]}-${pair[1]}`);
  if (ttl !== undefined) parts.push(`ttl=${ttl}`);
  if (ssrc !== undefined) parts.push(`ssrc=${ssrc.toString(16).toUpperCase().padStart(8, '0')}`);
  if (transport.mode === 'play') parts.push('mode="PLAY"');
  // RFC 2326 §12.39 wants quotes; ffmpeg as a server knows the word only without, as its own client writes it.
  if (transport.mode === 'record') parts.push('mode=record');
  return parts.join(';');
}

function apply(transport: Writable<RtspTransport>, parameter: Parameter): void {
  const value = parameter.value ?? '';
  switch (parameter.name) {
    case 'multicast':
      transport.delivery = 'multicast';
      break;
    case 'interleaved':
      transport.interleaved = parsePair(parameter, 255);
      break;
    case 'client_port':
      transport.clientPort = parsePair(parameter, 65_535);
      break;
    case 'server_port':
      transport.serverPort = parsePair(parameter, 65_535);
      break;
    case 'port':
      transport.port = parsePair(parameter, 65_535);
      break;
    case 'ttl':
      transport.ttl = parseNumber(parameter, value, 255);
      break;
    case 'destination':
      if (value !== '') transport.destination = value;
      break;
    case 'source':
      if (value !== '') transport.source = value;
      break;
    default:
      applyHint(transport, parameter.name, value);
  }
}

function applyHint(transport: Writable<RtspTransport>, name: string, value: string): void {
  if (name === 'ssrc' && /^\s*[0-9a-f]{1,8}$/i.test(value)) transport.ssrc = Number.parseInt(value, 16);
  if (name === 'mode') {
    const mode = value.toLowerCase();
    if (mode === 'play') transport.mode = 'play';
    // "receive" is what ffmpeg said before 2012 and some encoders still say
    if (mode === 'record' || mode === 'receive') transport.mode = 'record';
  }
}

function parsePair(parameter: Parameter, max: number): RtpRtcpPair {
  const [first = '', second] = (parameter.value ?? '').split('-', 2);
  const rtp = parseNumber(parameter, first, max);
  // A single number: the RTCP port is the next one (RFC 2326 §12.39); beyond the range it stays with RTP's.
  const rtcp = second === undefined ? Math.min(rtp + 1, max) : parseNumber(parameter, second, max);
  return [rtp, rtcp];
}

function parseNumber({ name }: Parameter, text: string, max: number): number {
  const number = /^\d{1,5}$/.test(text.trim()) ? Number(text) : Number.NaN;
  if (!(number <= max)) {
    throw new ProtocolError('ERR_RTSP_TRANSPORT', `${name} in a Transport header must be 0 to ${max}`);
  }
  return number;
}
