import type { AuditFilter, AuditPage, AuditRecord } from '@vedette/contract';
import { sql, type Kysely, type SelectQueryBuilder } from 'kysely';
import type { AuditTable, Database } from '../../store/schema.ts';
import { isAbout, type Person } from './rows-about.ts';

type Query<O> = SelectQueryBuilder<Database, 'audit', O>;

/** Rows that are read at once while all are streamed. */
const CHUNK = 1000;

/** Reads the log, newest first. */
export class AuditReader {
  readonly #db: Kysely<Database>;

  constructor(db: Kysely<Database>) {
    this.#db = db;
  }

  /** @param before seq of the last one of the page before. */
  async page(filter: AuditFilter, limit: number, before?: number): Promise<AuditPage> {
    const rows = await this.#rows(filter, limit + 1, before);
    const shown = rows.slice(0, limit);
    const last = shown.at(-1);
    return {
      items: shown.map(auditRecordOf),
      nextCursor: rows.length > limit && last !== undefined ? cursorOf(last.seq) : null,
    };
  }

  /** All that fit, whatever their number: only some are in memory at a time. */
  async *all(filter: AuditFilter): AsyncGenerator<AuditRecord> {
    let before: number | undefined;
    for (;;) {
      const rows = await this.#rows(filter, CHUNK, before);
      for (const row of rows) yield auditRecordOf(row);
      before = rows.at(-1)?.seq;
      if (rows.length < CHUNK) return;
    }
  }

  /** What a person did, and what was done to him. */
  async *about(person: Person): AsyncGenerator<AuditRecord> {
    let before: number | undefined;
    for (;;) {
      let query = this.#db.selectFrom('audit').selectAll().where(isAbout(person));
      if (before !== undefined) query = query.where('seq', '<', before);
      const rows = await query.orderBy('seq', 'desc').limit(CHUNK).execute();
      for (const row of rows) yield auditRecordOf(row);
      before = rows.at(-1)?.seq;
      if (rows.length < CHUNK) return;
    }
  }

  async #rows(filter: AuditFilter, limit: number, before: number | undefined): Promise<AuditTable[]> {
    let query = filtered(this.#db.selectFrom('audit').selectAll(), filter);
    if (before !== undefined) query = query.where('seq', '<', before);
    return query.orderBy('seq', 'desc').limit(limit).execute();
  }
}

function filtered<O>(all: Query<O>, filter: AuditFilter): Query<O> {
  const { from, to, actor, action, camera, result, address } = filter;
  let query = all;
  if (from !== undefined) query = query.where('at', '>=', Date.parse(from));
  if (to !== undefined) query = query.where('at', '<', Date.parse(to));
  if (camera !== undefined) query = query.where('cameraId', '=', camera);
  if (result !== undefined) query = query.where('result', '=', result);
  if (action !== undefined) query = query.where(begins('action', action));
  if (address !== undefined) query = query.where(begins('address', address));
  if (actor !== undefined)
    query = query.where((eb) =>
      eb.or([begins('actorName', actor), eb('actorId', '=', actor), eb('userId', '=', actor)]),
    );
  return query;
}

/** Whether a column begins with a text, in whatever case: `like` of the two databases differs in that. */
function begins(column: 'action' | 'address' | 'actorName', text: string) {
  const pattern = `${text.toLowerCase().replaceAll(/[\\%_]/g, String.raw`\$&`)}%`;
  return sql<boolean>`lower(${sql.ref(column)}) like ${pattern} escape '\\'`;
}

/** An opaque mark of a place in the list. */
function cursorOf(seq: number): string {
  return Buffer.from(String(seq)).toString('base64url');
}

/** @returns `undefined` for what is none of ours. */
export function seqOfCursor(cursor: string): number | undefined {
  const text = Buffer.from(cursor, 'base64url').toString();
  return /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

function auditRecordOf(row: AuditTable): AuditRecord {
  return {
    seq: row.seq,
    at: new Date(row.at).toISOString(),
    actor: { kind: row.actorKind as AuditRecord['actor']['kind'], id: row.actorId, name: row.actorName },
    action: row.action,
    cameraId: row.cameraId,
    target: row.target,
    address: row.address,
    userAgent: row.userAgent,
    result: row.result,
    detail: detailOf(row.detail),
    hash: row.hash,
  };
}

function detailOf(json: string): Record<string, unknown> {
  try {
    return JSON.parse(json) as Record<string, unknown>;
  } catch {
    // Somebody changed it by hand: verify says so; the list must still be shown.
    return { unreadable: json };
  }
}
