import { ProtocolError } from '@vedette/media';

/** `name=value`, `name="value"` or a bare `name`, out of a header value. */
export interface Parameter {
  /** Lower case. */
  readonly name: string;
  /** Without its quotes; `undefined` for a bare name. */
  readonly value: string | undefined;
}

/** Elements of one header value; more is no honest message. */
const MAX_ELEMENTS = 64;

/**
 * Splits `text` at `separator`, except inside double quotes; elements are trimmed, empty ones dropped.
 *
 * @throws {ProtocolError} `ERR_RTSP_PARAMETERS`: an open quote, or too many elements.
 */
export function splitQuoted(text: string, separator: ',' | ';'): string[] {
  const elements: string[] = [];
  let start = 0;
  let isQuoted = false;
  for (let at = 0; at <= text.length; at += 1) {
    const char = text[at];
    if (isQuoted && char === '\\') at += 1;
    else if (char === '"') isQuoted = !isQuoted;
    else if (char === undefined || (char === separator && !isQuoted)) {
      const element = text.slice(start, at).trim();
      if (element !== '') elements.push(element);
      start = at + 1;
    }
  }
  if (isQuoted) throw new ProtocolError('ERR_RTSP_PARAMETERS', 'a quote in an RTSP header is never closed');
  if (elements.length > MAX_ELEMENTS) {
    throw new ProtocolError('ERR_RTSP_PARAMETERS', `more than ${MAX_ELEMENTS} elements in an RTSP header`);
  }
  return elements;
}

/** Reads one element as `splitQuoted` gives it. */
export function parseParameter(element: string): Parameter {
  const equals = element.indexOf('=');
  if (equals === -1) return { name: element.toLowerCase(), value: undefined };
  return {
    name: element.slice(0, equals).trim().toLowerCase(),
    value: unquote(element.slice(equals + 1).trim()),
  };
}

/** `"a\"b"` → `a"b`; text without quotes stays as it is. */
function unquote(text: string): string {
  if (!text.startsWith('"')) return text;
  const inner = text.endsWith('"') && text.length > 1 ? text.slice(1, -1) : text.slice(1);
  return inner.replace(/\\(.)/gs, '$1');
}

/** `a"b` → `"a\"b"` (RFC 9110 §5.6.4). */
export function quote(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}
