/**
 * Methods listed in `Public` or `Allow` headers (RFC 2326 §12.28), upper case. Some cameras send
 * several headers, some separate by spaces only.
 */
export function parsePublic(values: readonly string[]): ReadonlySet<string> {
  const methods = values.flatMap((value) => value.toUpperCase().split(/[\s,]+/, 64));
  return new Set(methods.filter((method) => method !== ''));
}
