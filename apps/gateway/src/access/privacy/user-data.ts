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
    webSessions: await webSessionsOf(db, id),
    apiLogins: await apiLoginsOf(db, id),
    apiKeys: await apiKeysOf(db, id),
    publishKeys: await publishKeysOf(db, id),
    streamTokens: await streamTokensOf(db, id),
    shareLinks: await shareLinksOf(db, id),
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

async function webSessionsOf(db: Kysely<Database>, userId: string): Promise<UserData['webSessions']> {
  const rows = await db
    .selectFrom('webSessions')
    .select(['id', 'createdAt', 'lastSeenAt', 'expiresAt', 'address', 'userAgent'])
    .where('userId', '=', userId)
    .orderBy('createdAt')
    .execute();
  return rows.map(({ createdAt, lastSeenAt, expiresAt, ...rest }) => ({
    ...rest,
    createdAt: iso(createdAt),
    lastSeenAt: iso(lastSeenAt),
    expiresAt: iso(expiresAt),
  }));
}

async function apiLoginsOf(db: Kysely<Database>, userId: string): Promise<UserData['apiLogins']> {
  const rows = await db
    .selectFrom('refreshTokens')
    .select(['createdAt', 'expiresAt', 'usedAt', 'revokedAt'])
    .where('userId', '=', userId)
    .orderBy('createdAt')
    .execute();
  return rows.map(({ createdAt, expiresAt, usedAt, revokedAt }) => ({
    createdAt: iso(createdAt),
    expiresAt: iso(expiresAt),
    usedAt: isoOrNull(usedAt),
    revokedAt: isoOrNull(revokedAt),
  }));
}

async function apiKeysOf(db: Kysely<Database>, createdBy: string): Promise<UserData['apiKeys']> {
  const rows = await db
    .selectFrom('apiKeys')
    .select(['id', 'name', 'createdAt', 'lastUsedAt', 'revokedAt'])
    .where('createdBy', '=', createdBy)
    .orderBy('createdAt')
    .execute();
  return rows.map(({ createdAt, lastUsedAt, revokedAt, ...rest }) => ({
    ...rest,
    createdAt: iso(createdAt),
    lastUsedAt: isoOrNull(lastUsedAt),
    revokedAt: isoOrNull(revokedAt),
  }));
}

async function publishKeysOf(db: Kysely<Database>, createdBy: string): Promise<UserData['publishKeys']> {
  const rows = await db
    .selectFrom('publishKeys')
    .select(['id', 'cameraId', 'name', 'createdAt', 'revokedAt'])
    .where('createdBy', '=', createdBy)
    .orderBy('createdAt')
    .execute();
  return rows.map(({ createdAt, revokedAt, ...rest }) => ({
    ...rest,
    createdAt: iso(createdAt),
    revokedAt: isoOrNull(revokedAt),
  }));
}

async function streamTokensOf(db: Kysely<Database>, userId: string): Promise<UserData['streamTokens']> {
  const rows = await db
    .selectFrom('streamTokens')
    .select(['id', 'cameraId', 'address', 'createdAt', 'expiresAt', 'revokedAt'])
    .where('userId', '=', userId)
    .orderBy('createdAt')
    .execute();
  return rows.map(({ createdAt, expiresAt, revokedAt, ...rest }) => ({
    ...rest,
    createdAt: iso(createdAt),
    expiresAt: iso(expiresAt),
    revokedAt: isoOrNull(revokedAt),
  }));
}

async function shareLinksOf(db: Kysely<Database>, createdBy: string): Promise<UserData['shareLinks']> {
  const rows = await db
    .selectFrom('shareLinks')
    .select(['id', 'cameraId', 'name', 'createdAt', 'expiresAt', 'revokedAt'])
    .where('createdBy', '=', createdBy)
    .orderBy('createdAt')
    .execute();
  return rows.map(({ createdAt, expiresAt, revokedAt, ...rest }) => ({
    ...rest,
    createdAt: iso(createdAt),
    expiresAt: iso(expiresAt),
    revokedAt: isoOrNull(revokedAt),
  }));
}

async function auditOf(db: Kysely<Database>, id: string, name: string): Promise<UserData['audit']> {
  const records: UserData['audit'] = [];
  for await (const record of new AuditReader(db).about({ id, name })) {
    records.push(record);
    if (records.length === MAX_AUDIT) break;
  }
  return records;
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}

function isoOrNull(ms: number | null): string | null {
  return ms === null ? null : iso(ms);
}
