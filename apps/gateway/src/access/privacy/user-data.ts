import type { UserData } from '@vedette/contract';
import type { Kysely } from 'kysely';
import type { Database } from '../../store/schema.ts';
import { AuditReader } from '../audit/audit-reader.ts';

/** Entries of the audit that go into one answer. */
const MAX_AUDIT = 100_000;

/**
 * Everything that is kept about a user (GDPR Art. 15), without what is secret: hashes, sealed things.
 *
 * @returns `undefined` where there is no such user.
 */
export async function userData(
  db: Kysely<Database>,
  id: string,
  nowMs: number,
): Promise<UserData | undefined> {
  const profile = await profileOf(db, id);
  if (profile === undefined) return undefined;
  return {
    exportedAt: iso(nowMs),
    profile,
    ...(await loginsOf(db, id)),
    ...(await lentBy(db, id)),
    cameras: (await db.selectFrom('cameras').select('id').where('createdBy', '=', id).execute()).map(
      (camera) => camera.id,
    ),
    audit: await auditOf(db, id, profile.name),
  };
}

async function profileOf(db: Kysely<Database>, id: string): Promise<UserData['profile'] | undefined> {
  const row = await db.selectFrom('users').selectAll().where('id', '=', id).executeTakeFirst();
  if (row === undefined) return undefined;
  const { name, displayName, role, plan, oidcSubject } = row;
  return {
    id,
    name,
    displayName,
    role,
    plan,
    disabled: row.disabled === 1,
    hasPassword: row.passwordHash !== null,
    hasTotp: row.totpEnabled === 1,
    singleSignOn: oidcSubject,
    grants: JSON.parse(row.grants) as unknown[],
    createdAt: iso(row.createdAt),
    updatedAt: iso(row.updatedAt),
    lastLoginAt: isoOrNull(row.lastLoginAt),
  };
}

/** Where they are logged in. */
async function loginsOf(
  db: Kysely<Database>,
  userId: string,
): Promise<Pick<UserData, 'webSessions' | 'apiLogins'>> {
  return {
    webSessions: await readable(
      db
        .selectFrom('webSessions')
        .select(['id', 'createdAt', 'lastSeenAt', 'expiresAt', 'address', 'userAgent'])
        .where('userId', '=', userId)
        .orderBy('createdAt'),
    ),
    apiLogins: await readable(
      db
        .selectFrom('refreshTokens')
        .select(['createdAt', 'expiresAt', 'usedAt', 'revokedAt'])
        .where('userId', '=', userId)
        .orderBy('createdAt'),
    ),
  };
}

/** What they made that others get in by. */
async function lentBy(
  db: Kysely<Database>,
  userId: string,
): Promise<Pick<UserData, 'apiKeys' | 'publishKeys' | 'streamTokens' | 'shareLinks'>> {
  return {
    apiKeys: await readable(
      db
        .selectFrom('apiKeys')
        .select(['id', 'name', 'createdAt', 'lastUsedAt', 'revokedAt'])
        .where('createdBy', '=', userId)
        .orderBy('createdAt'),
    ),
    publishKeys: await readable(
      db
        .selectFrom('publishKeys')
        .select(['id', 'cameraId', 'name', 'createdAt', 'revokedAt'])
        .where('createdBy', '=', userId)
        .orderBy('createdAt'),
    ),
    streamTokens: await readable(
      db
        .selectFrom('streamTokens')
        .select(['id', 'cameraId', 'address', 'createdAt', 'expiresAt', 'revokedAt'])
        .where('userId', '=', userId)
        .orderBy('createdAt'),
    ),
    shareLinks: await readable(
      db
        .selectFrom('shareLinks')
        .select(['id', 'cameraId', 'name', 'createdAt', 'expiresAt', 'revokedAt'])
        .where('createdBy', '=', userId)
        .orderBy('createdAt'),
    ),
  };
}

async function auditOf(db: Kysely<Database>, id: string, name: string): Promise<UserData['audit']> {
  const records: UserData['audit'] = [];
  for await (const record of new AuditReader(db).about({ id, name })) {
    records.push(record);
    if (records.length === MAX_AUDIT) break;
  }
  return records;
}

/** A row as people read it. Every number that is selected here is a moment, in milliseconds. */
type Readable<Row> = {
  [Key in keyof Row]: number extends Row[Key] ? string | Exclude<Row[Key], number> : Row[Key];
};

async function readable<Row extends object>(query: { execute(): Promise<Row[]> }): Promise<Readable<Row>[]> {
  const rows = await query.execute();
  return rows.map((row) => {
    const fields = Object.entries(row).map(([key, value]: [string, unknown]) => [
      key,
      typeof value === 'number' ? iso(value) : value,
    ]);
    return Object.fromEntries(fields) as Readable<Row>;
  });
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}

function isoOrNull(ms: number | null): string | null {
  return ms === null ? null : iso(ms);
}
