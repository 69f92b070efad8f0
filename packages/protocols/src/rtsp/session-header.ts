import { ProtocolError } from '@vedette/media';

import { parseParameter, splitQuoted } from './parameters.ts';

/** A `Session` header (RFC 2326 §12.37). */
export interface RtspSessionHeader {
  readonly id: string;
  /** Seconds after which a silent client's session ends; RFC 2326 says 60 where absent. */
  readonly timeoutSeconds?: number;
}

/** Longest session id that is kept; the RFC sets no bound, cameras use up to some forty characters. */
const MAX_ID_LENGTH = 256;

/**
 * Parses a `Session` header. A timeout that is no positive whole number counts as absent.
 *
 * @throws {ProtocolError} `ERR_RTSP_SESSION`: the id is empty or too long.
 */
export function parseSession(value: string): RtspSessionHeader {
  const end = value.indexOf(';');
  const id = (end === -1 ? value : value.slice(0, end)).trim();
  if (id === '' || id.length > MAX_ID_LENGTH) {
    throw new ProtocolError('ERR_RTSP_SESSION', 'the id in a Session header is empty or too long');
  }
  if (end === -1) return { id };
  for (const element of splitQuoted(value.slice(end + 1), ';')) {
    const parameter = parseParameter(element);
    const seconds = Number.parseInt(parameter.value ?? '', 10);
    if (parameter.name === 'timeout' && seconds > 0 && seconds <= 86_400)
      return { id, timeoutSeconds: seconds };
  }
  return { id };
}

export function serializeSession({ id, timeoutSeconds }: RtspSessionHeader): string {
  return timeoutSeconds === undefined ? id : `${id};timeout=${timeoutSeconds}`;
}
