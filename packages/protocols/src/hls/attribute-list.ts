import { ProtocolError } from '@vedette/media';
import { HLS_LIMITS } from './limits.ts';
import type { ByteRange } from './media-playlist.ts';
import { parseDecimalFloat, parseDecimalInteger } from './numbers.ts';

const ATTRIBUTE = /([A-Z0-9-]+)\s*=\s*(?:"([^"\r\n]*)"|([^",\s]*))\s*(?:,\s*|$)/y;

/**
 * An attribute list (RFC 8216bis §4.2): what follows the colon of most tags.
 *
 * Quoted and plain values read alike, for servers confuse them. Where an attribute occurs twice, the first counts.
 */
export class AttributeList {
  readonly #tag: string;
  readonly #values = new Map<string, string>();

  /** @throws {ProtocolError} `ERR_HLS_ATTRIBUTES`: `text` is no attribute list, or is too long. */
  constructor(tag: string, text: string) {
    this.#tag = tag;
    ATTRIBUTE.lastIndex = 0;
    while (ATTRIBUTE.lastIndex < text.length) {
      const at = ATTRIBUTE.lastIndex;
      const [, name, quoted, plain] = ATTRIBUTE.exec(text) ?? [];
      if (name === undefined) throw this.#error(`cannot be read from character ${at} on`);
      if (this.#values.size >= HLS_LIMITS.attributes) throw this.#error('has too many attributes');
      if (!this.#values.has(name)) this.#values.set(name, quoted ?? plain ?? '');
    }
  }

  text(name: string): string | undefined {
    return this.#values.get(name);
  }

  required(name: string): string {
    const value = this.#values.get(name);
    if (value === undefined || value === '') throw this.#error(`lacks ${name}`);
    return value;
  }

  integer(name: string): number | undefined {
    const value = this.#values.get(name);
    return value === undefined ? undefined : parseDecimalInteger(value, this.#what(name));
  }

  /** A number of seconds or frames, never negative. */
  float(name: string): number | undefined {
    const value = this.#values.get(name);
    return value === undefined ? undefined : parseDecimalFloat(value, this.#what(name));
  }

  requiredInteger(name: string): number {
    return parseDecimalInteger(this.required(name), this.#what(name));
  }

  requiredFloat(name: string): number {
    return parseDecimalFloat(this.required(name), this.#what(name));
  }

  /** Whether the attribute is there and says `YES`. */
  yes(name: string): boolean {
    return this.#values.get(name) === 'YES';
  }

  byteRange(name: string): ByteRange | undefined {
    const value = this.#values.get(name);
    return value === undefined ? undefined : parseByteRange(value, this.#what(name));
  }

  #what(name: string): string {
    return `${name} of ${this.#tag}`;
  }

  #error(problem: string): ProtocolError {
    return new ProtocolError('ERR_HLS_ATTRIBUTES', `the attribute list of ${this.#tag} ${problem}`);
  }
}

/** `<length>[@<offset>]` (RFC 8216bis §4.4.4.2). */
export function parseByteRange(text: string, what: string): ByteRange {
  const [length = '', offset, ...rest] = text.split('@');
  if (rest.length > 0) throw new ProtocolError('ERR_HLS_NUMBER', `${what} is no byte range`);
  return {
    length: parseDecimalInteger(length, what),
    offset: offset === undefined ? undefined : parseDecimalInteger(offset, what),
  };
}
