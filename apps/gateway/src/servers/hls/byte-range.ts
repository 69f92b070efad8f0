/** A run of bytes, both ends inclusive. */
export interface ResolvedRange {
  readonly first: number;
  readonly last: number;
}

/**
 * Reads a `Range` header (RFC 9110 §14.2) for a resource of `length` bytes.
 *
 * @returns `undefined` to send everything: no header, another unit, several ranges or a broken one, which may
 * all be ignored; `unsatisfiable` (416) for a range that lies beyond the end.
 */
export function resolveRange(
  header: string | undefined,
  length: number,
): ResolvedRange | 'unsatisfiable' | undefined {
  const [, from, to] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header ?? '') ?? [];
  if (from === undefined || to === undefined || (from === '' && to === '')) return undefined;
  if (from === '') return suffix(Number(to), length);
  const first = Number(from);
  const last = to === '' ? length - 1 : Math.min(Number(to), length - 1);
  if (to !== '' && Number(to) < first) return undefined;
  return first < length ? { first, last } : 'unsatisfiable';
}

function suffix(count: number, length: number): ResolvedRange | 'unsatisfiable' {
  if (count === 0 || length === 0) return 'unsatisfiable';
  return { first: Math.max(0, length - count), last: length - 1 };
}
