import { ProtocolError } from '@vedette/media';

import { RtspHeaders } from './rtsp-headers.ts';

/** The methods of RFC 2326 §10. */
export type RtspMethod =
  | 'OPTIONS'
  | 'DESCRIBE'
  | 'ANNOUNCE'
  | 'SETUP'
  | 'PLAY'
  | 'PAUSE'
  | 'RECORD'
  | 'TEARDOWN'
  | 'GET_PARAMETER'
  | 'SET_PARAMETER'
  | 'REDIRECT';

export interface RtspRequest {
  /** Upper case; may be one that nobody knows (answer 501). */
  readonly method: string;
  /** As on the wire: an absolute URL, or `*`. */
  readonly url: string;
  /** `1.0`; anything else is to be answered with 505. */
  readonly version: string;
  readonly headers: RtspHeaders;
  readonly body: Uint8Array;
}

export interface RtspResponse {
  /** Status code, 100-999. */
  readonly status: number;
  readonly reason: string;
  readonly headers: RtspHeaders;
  readonly body: Uint8Array;
}

/** Reason phrases (RFC 2326 §7.1.1) of the codes that this project sends. */
const REASONS: Readonly<Record<number, string>> = {
  200: 'OK',
  301: 'Moved Permanently',
  302: 'Moved Temporarily',
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  406: 'Not Acceptable',
  408: 'Request Time-out',
  413: 'Request Entity Too Large',
  415: 'Unsupported Media Type',
  451: 'Parameter Not Understood',
  453: 'Not Enough Bandwidth',
  454: 'Session Not Found',
  455: 'Method Not Valid in This State',
  456: 'Header Field Not Valid for Resource',
  457: 'Invalid Range',
  459: 'Aggregate Operation Not Allowed',
  460: 'Only Aggregate Operation Allowed',
  461: 'Unsupported Transport',
  500: 'Internal Server Error',
  501: 'Not Implemented',
  503: 'Service Unavailable',
  505: 'RTSP Version Not Supported',
  551: 'Option Not Supported',
};

const EMPTY = new Uint8Array(0);
const encoder = new TextEncoder();

/** The customary phrase for a status code. */
export function rtspReason(status: number): string {
  return REASONS[status] ?? 'Unknown';
}

/**
 * Makes a response to `request`: its `CSeq` is carried over, and `Content-Length` follows from `body`
 * when serialized.
 */
export function rtspResponse(
  request: Pick<RtspRequest, 'headers'>,
  status: number,
  headers: Readonly<Record<string, string | readonly string[] | undefined>> = {},
  body: Uint8Array = EMPTY,
): RtspResponse {
  return {
    status,
    reason: rtspReason(status),
    headers: RtspHeaders.of({ CSeq: request.headers.get('CSeq'), ...headers }),
    body,
  };
}

/** @throws {ProtocolError} `ERR_RTSP_LINE_BREAK`: a value contains CR, LF or NUL and would forge other headers. */
export function serializeRtspRequest(request: Omit<RtspRequest, 'version'>): Uint8Array {
  return serialize(`${request.method} ${request.url} RTSP/1.0`, request.headers, request.body);
}

/** @throws {ProtocolError} `ERR_RTSP_LINE_BREAK`: a value contains CR, LF or NUL and would forge other headers. */
export function serializeRtspResponse(response: RtspResponse): Uint8Array {
  return serialize(`RTSP/1.0 ${response.status} ${response.reason}`, response.headers, response.body);
}

function serialize(startLine: string, headers: RtspHeaders, body: Uint8Array): Uint8Array {
  let text = `${checked(startLine)}\r\n`;
  for (const [name, value] of headers) {
    if (name !== 'Content-Length') text += `${checked(name)}: ${checked(value)}\r\n`;
  }
  if (body.length > 0) text += `Content-Length: ${body.length}\r\n`;
  const head = encoder.encode(`${text}\r\n`);
  if (body.length === 0) return head;
  const bytes = new Uint8Array(head.length + body.length);
  bytes.set(head);
  bytes.set(body, head.length);
  return bytes;
}

function checked(line: string): string {
  if (/[\r\n\0]/.test(line)) {
    throw new ProtocolError('ERR_RTSP_LINE_BREAK', 'a line break inside an RTSP header line');
  }
  return line;
}
