/** Spellings that capitalizing each word would get wrong. */
const SPELLINGS = new Map([
  ['cseq', 'CSeq'],
  ['rtp-info', 'RTP-Info'],
  ['www-authenticate', 'WWW-Authenticate'],
]);

/**
 * The headers of an RTSP message: names compare without case (RFC 2326 §4.2), order is kept, a
 * name may have several values.
 *
 * Names leave in their customary spelling (`CSeq`, `Content-Base`), however they came in.
 */
export class RtspHeaders implements Iterable<readonly [name: string, value: string]> {
  readonly #values = new Map<string, string[]>();

  /** Makes headers from a literal; `undefined` values are left out. */
  static of(record: Readonly<Record<string, string | readonly string[] | undefined>>): RtspHeaders {
    const headers = new RtspHeaders();
    for (const [name, value] of Object.entries(record)) {
      if (value === undefined) continue;
      for (const one of typeof value === 'string' ? [value] : value) headers.append(name, one);
    }
    return headers;
  }

  /** The first value of `name`, or `undefined`. */
  get(name: string): string | undefined {
    return this.#values.get(name.toLowerCase())?.[0];
  }

  /** Every value of `name` in order of arrival; empty when there is none. */
  getAll(name: string): readonly string[] {
    return this.#values.get(name.toLowerCase()) ?? [];
  }

  has(name: string): boolean {
    return this.#values.has(name.toLowerCase());
  }

  /** Replaces every value of `name` by `value`. */
  set(name: string, value: string): void {
    this.#values.set(name.toLowerCase(), [value]);
  }

  append(name: string, value: string): void {
    const key = name.toLowerCase();
    const values = this.#values.get(key);
    if (values === undefined) this.#values.set(key, [value]);
    else values.push(value);
  }

  *[Symbol.iterator](): Generator<readonly [name: string, value: string]> {
    for (const [key, values] of this.#values) {
      const name = SPELLINGS.get(key) ?? key.replace(/(?:^|-)[a-z]/g, (letter) => letter.toUpperCase());
      for (const value of values) yield [name, value];
    }
  }
}
