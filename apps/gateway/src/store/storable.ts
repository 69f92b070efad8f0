import { StoreQueryError } from './store.ts';

/**
 * The text as both databases keep it: without the character NUL, which PostgreSQL refuses, and without halves of
 * UTF-16 pairs, which UTF-8 has no bytes for. Each becomes U+FFFD.
 *
 * Every text that is written goes through here; whoever signs or hashes what he writes does it himself before.
 */
export function storableText(text: string): string {
  return text.isWellFormed() && !text.includes('\0') ? text : text.toWellFormed().replaceAll('\0', '\ufffd');
}

/**
 * A parameter as both databases take it.
 *
 * @throws {StoreQueryError} neither text, a number, bytes nor nothing: yes and no are 1 and 0, moments are ms since
 * the Unix epoch, lists and objects are JSON text.
 */
export function storableValue(value: unknown): string | number | bigint | Uint8Array | null {
  if (typeof value === 'string') return storableText(value);
  if (typeof value === 'number' || typeof value === 'bigint' || value instanceof Uint8Array) return value;
  if (value === null || value === undefined) return null;
  throw new StoreQueryError(`a ${typeof value} cannot be stored: the schema knows numbers and text`);
}
