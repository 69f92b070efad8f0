import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';

const ESCAPES: Record<string, number> = {
  a: 7,
  b: 8,
  f: 12,
  n: 10,
  r: 13,
  t: 9,
  v: 11,
  '\\': 92,
  "'": 39,
  '"': 34,
};

/** Reads the bytes of a Go string literal (the part between the quotes), as `strconv.Unquote` would. */
function unquote(literal: string): Uint8Array {
  const bytes: number[] = [];
  const encoder = new TextEncoder();
  const pattern =
    /\\x([0-9a-fA-F]{2})|\\([0-7]{3})|\\u([0-9a-fA-F]{4})|\\U([0-9a-fA-F]{8})|\\([abfnrtv\\'"])|([^\\]+)/gu;
  for (const [, hex, octal, u4, u8, escape, plain] of literal.matchAll(pattern)) {
    if (hex !== undefined) bytes.push(Number.parseInt(hex, 16));
    else if (octal !== undefined) bytes.push(Number.parseInt(octal, 8));
    else if (u4 !== undefined) bytes.push(...encoder.encode(String.fromCodePoint(Number.parseInt(u4, 16))));
    else if (u8 !== undefined) bytes.push(...encoder.encode(String.fromCodePoint(Number.parseInt(u8, 16))));
    else if (escape !== undefined) bytes.push(ESCAPES[escape] ?? 0);
    else if (plain !== undefined) bytes.push(...encoder.encode(plain));
  }
  return Uint8Array.from(bytes);
}

/** One input of a `go test fuzz v1` corpus: every `[]byte(…)` and `string(…)` argument, in order. */
export interface GoFuzzInput {
  readonly file: string;
  readonly args: readonly Uint8Array[];
}

/** Reads every corpus file below `folder`, at any depth. Files of another format are taken as one raw argument. */
export function* goFuzzInputs(folder: string): Generator<GoFuzzInput> {
  for (const name of readdirSync(folder).sort()) {
    const file = path.join(folder, name);
    if (statSync(file).isDirectory()) {
      yield* goFuzzInputs(file);
      continue;
    }
    const raw = readFileSync(file);
    if (!raw.subarray(0, 15).equals(Buffer.from('go test fuzz v1'))) {
      yield { file, args: [new Uint8Array(raw)] };
      continue;
    }
    const args = [...raw.toString('utf8').matchAll(/^(?:\[\]byte|string)\((["`])(.*)\1\)$/gm)].map(
      ([, quote, text]) => (quote === '`' ? new TextEncoder().encode(text) : unquote(text ?? '')),
    );
    yield { file, args };
  }
}
