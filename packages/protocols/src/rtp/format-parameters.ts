/** Parameters of `a=fmtp`: names in lower case, values as written. */
export type FormatParameters = ReadonlyMap<string, string>;

/** Most parameters kept of one line. */
const MAX_PARAMETERS = 64;

/**
 * Parses what follows the payload type in `a=fmtp` (RFC 8866 §6.15): `name=value` separated by
 * semicolons. The first of two equal names counts; a name alone has the value ``.
 */
export function parseFormatParameters(text: string): FormatParameters {
  const parameters = new Map<string, string>();
  for (const part of text.split(';')) {
    const equals = part.indexOf('=');
    const name = (equals === -1 ? part : part.slice(0, equals)).trim().toLowerCase();
    if (name === '' || parameters.has(name)) continue;
    if (parameters.size === MAX_PARAMETERS) break;
    parameters.set(name, equals === -1 ? '' : part.slice(equals + 1).trim());
  }
  return parameters;
}

/** A parameter as a whole number from 0; `undefined` where it is absent or none. */
export function integerParameter(parameters: FormatParameters, name: string): number | undefined {
  const text = parameters.get(name);
  return text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}

/** A parameter as bytes in hexadecimal; `undefined` where it is absent, empty or none. */
export function hexParameter(parameters: FormatParameters, name: string): Uint8Array | undefined {
  const text = parameters.get(name) ?? '';
  // Some cameras write an odd number of digits, or quotes around them.
  const digits = text.replace(/^"|"$/g, '');
  if (digits === '' || digits.length > 2048 || !/^[0-9a-f]+$/i.test(digits)) return undefined;
  const even = digits.length % 2 === 0 ? digits : `${digits}0`;
  return Uint8Array.from({ length: even.length / 2 }, (_, index) =>
    Number.parseInt(even.slice(2 * index, 2 * index + 2), 16),
  );
}

/** Bytes as hexadecimal digits. */
export function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** A parameter as a list of Base64 strings, as `sprop-parameter-sets` is; what cannot be read is left out. */
export function base64ListParameter(parameters: FormatParameters, name: string): Uint8Array[] {
  const list: Uint8Array[] = [];
  for (const text of (parameters.get(name) ?? '').split(',')) {
    const bytes = fromBase64(text.trim());
    if (bytes !== undefined && bytes.length > 0) list.push(bytes);
  }
  return list;
}

/** Decodes Base64, padding optional; `undefined` where it is none. */
function fromBase64(text: string): Uint8Array | undefined {
  const bare = text.replace(/=+$/, '');
  if (bare.length % 4 === 1 || !/^[A-Za-z0-9+/]*$/.test(bare)) return undefined;
  return Uint8Array.from(atob(bare), (character) => character.charCodeAt(0));
}

export function toBase64(bytes: Uint8Array): string {
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
}
