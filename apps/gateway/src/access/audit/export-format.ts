import type { AuditRecord } from '@vedette/contract';

const COLUMNS: readonly (readonly [name: string, value: (record: AuditRecord) => string])[] = [
  ['seq', ({ seq }) => String(seq)],
  ['at', ({ at }) => at],
  ['actorKind', ({ actor }) => actor.kind],
  ['actorId', ({ actor }) => actor.id],
  ['actorName', ({ actor }) => actor.name],
  ['action', ({ action }) => action],
  ['camera', ({ cameraId }) => cameraId ?? ''],
  ['target', ({ target }) => target ?? ''],
  ['address', ({ address }) => address],
  ['userAgent', ({ userAgent }) => userAgent],
  ['result', ({ result }) => result],
  ['detail', ({ detail }) => JSON.stringify(detail)],
  ['hash', ({ hash }) => hash],
];

/** Text is handed on in pieces of about this size: a write for each line would be dear. */
const PIECE_CHARACTERS = 32 * 1024;

/**
 * A field of CSV (RFC 4180 §2). A spreadsheet takes what begins with one of `= + - @` for a formula and runs it, and
 * names of people, user agents and user names of failed logins are whatever somebody sent: these get an apostrophe.
 */
export function csvField(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** Comma-separated values with a line of names, lines ended by CRLF. */
export async function* csvOf(records: AsyncIterable<AuditRecord>): AsyncGenerator<string> {
  yield `${COLUMNS.map(([name]) => name).join(',')}\r\n`;
  yield* inPieces(
    records,
    (record) => `${COLUMNS.map(([, value]) => csvField(value(record))).join(',')}\r\n`,
  );
}

/** One JSON object a line. */
export async function* jsonLinesOf(records: AsyncIterable<AuditRecord>): AsyncGenerator<string> {
  yield* inPieces(records, (record) => `${JSON.stringify(record)}\n`);
}

async function* inPieces(
  records: AsyncIterable<AuditRecord>,
  line: (record: AuditRecord) => string,
): AsyncGenerator<string> {
  let piece = '';
  for await (const record of records) {
    piece += line(record);
    if (piece.length < PIECE_CHARACTERS) continue;
    yield piece;
    piece = '';
  }
  if (piece !== '') yield piece;
}
