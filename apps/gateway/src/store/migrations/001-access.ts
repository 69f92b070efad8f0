import type { CreateTableBuilder, Kysely } from 'kysely';
import type { ColumnTypes, Migration } from './migration.ts';

/** `name` is text that must be there, `name?` may be missing, `name:` is a number, `name:?` one that may be missing. */
type Columns = readonly string[];

interface Table {
  readonly columns: Columns;
  readonly key: readonly string[];
  readonly unique?: readonly (readonly string[])[];
  readonly indexes?: readonly (readonly string[])[];
  /** Column that names a user; the row goes with him. */
  readonly ofUser?: string;
}

const tables: Readonly<Record<string, Table>> = {
  users: {
    columns: [
      ...['id', 'name', 'displayName', 'role', 'passwordHash?', 'mustChangePassword:', 'digestSealed?'],
      ...['totpSealed?', 'totpEnabled:', 'totpLastStep:', 'oidcSubject?', 'plan', 'disabled:', 'grants'],
      ...['validFrom:', 'createdAt:', 'updatedAt:', 'lastLoginAt:?'],
    ],
    key: ['id'],
    unique: [['name'], ['oidcSubject']],
  },
  recoveryCodes: { columns: ['userId', 'hash', 'usedAt:?'], key: ['userId', 'hash'], ofUser: 'userId' },
  webSessions: {
    columns: [...['hash', 'id', 'userId', 'createdAt:', 'lastSeenAt:', 'expiresAt:', 'address', 'userAgent']],
    key: ['hash'],
    unique: [['id']],
    indexes: [['userId'], ['expiresAt']],
    ofUser: 'userId',
  },
  refreshTokens: {
    columns: ['hash', 'familyId', 'userId', 'createdAt:', 'expiresAt:', 'usedAt:?', 'revokedAt:?'],
    key: ['hash'],
    indexes: [['familyId'], ['userId'], ['expiresAt']],
    ofUser: 'userId',
  },
  apiKeys: {
    columns: [
      ...['id', 'hash', 'name', 'createdBy', 'scope', 'createdAt:', 'expiresAt:?', 'lastUsedAt:?'],
      'revokedAt:?',
    ],
    key: ['id'],
    unique: [['hash']],
  },
  cameraSets: { columns: ['kind', 'id', 'name', 'createdAt:'], key: ['kind', 'id'] },
  // No reference: a group may be one of vedette.yml.
  cameraSetMembers: {
    columns: ['kind', 'setId', 'cameraId'],
    key: ['kind', 'setId', 'cameraId'],
    indexes: [['cameraId']],
  },
  cameras: {
    columns: ['id', 'configSealed', 'createdBy', 'createdAt:', 'updatedAt:'],
    key: ['id'],
  },
  publishKeys: {
    columns: ['id', 'hash', 'cameraId', 'name', 'createdBy', 'createdAt:', 'lastUsedAt:?', 'revokedAt:?'],
    key: ['id'],
    unique: [['hash']],
    indexes: [['cameraId']],
  },
  // No reference: tokens are also made by keys and by people of other issuers.
  streamTokens: {
    columns: [
      ...['id', 'hash', 'formerHashes', 'userId', 'cameraId', 'actions', 'address?', 'userAgentHash?'],
      ...['createdAt:', 'expiresAt:', 'revokedAt:?'],
    ],
    key: ['id'],
    unique: [['hash']],
    indexes: [['userId', 'createdAt'], ['cameraId'], ['expiresAt']],
  },
  shareLinks: {
    columns: [
      ...['id', 'hash', 'cameraId', 'actions', 'passwordHash?', 'name', 'createdBy', 'createdAt:'],
      ...['expiresAt:', 'revokedAt:?', 'views:'],
    ],
    key: ['id'],
    unique: [['hash']],
    indexes: [['cameraId'], ['expiresAt']],
  },
  audit: {
    columns: [
      ...['seq:', 'at:', 'actorKind', 'actorId', 'userId?', 'actorName', 'action', 'cameraId?', 'target?'],
      ...['address', 'userAgent', 'result', 'detail', 'actorProof', 'objectProof', 'previousHash', 'hash'],
    ],
    key: ['seq'],
    indexes: [['at'], ['actorId', 'seq'], ['userId', 'seq'], ['cameraId', 'seq'], ['action', 'seq']],
  },
  settings: { columns: ['key', 'value'], key: ['key'] },
};

function addColumns(
  builder: CreateTableBuilder<string, string>,
  columns: Columns,
  types: ColumnTypes,
): CreateTableBuilder<string, string> {
  return columns.reduce((table, word) => {
    const name = word.replace(/[:?]+$/, '');
    const type = word.includes(':') ? types.integer : types.text;
    return table.addColumn(name, type, (column) => (word.endsWith('?') ? column : column.notNull()));
  }, builder);
}

async function create(db: Kysely<unknown>, name: string, table: Table, types: ColumnTypes): Promise<void> {
  const { columns, key, unique = [], indexes = [], ofUser } = table;
  let builder: CreateTableBuilder<string, string> = addColumns(db.schema.createTable(name), columns, types);
  builder = builder.addPrimaryKeyConstraint(`${name}_key`, [...key]);
  if (ofUser !== undefined) {
    builder = builder.addForeignKeyConstraint(`${name}_user`, [ofUser], 'users', ['id'], (constraint) =>
      constraint.onDelete('cascade'),
    );
  }
  await builder.modifyEnd(types.tableEnd).execute();
  for (const list of unique)
    await db.schema
      .createIndex(`${name}_${list.join('_')}`)
      .unique()
      .on(name)
      .columns([...list])
      .execute();
  for (const list of indexes)
    await db.schema
      .createIndex(`${name}_${list.join('_')}`)
      .on(name)
      .columns([...list])
      .execute();
}

/** People, what they may do, what opens doors, and who did what. */
export const access: Migration = {
  name: 'access',
  async up(db, types) {
    for (const [name, table] of Object.entries(tables)) await create(db, name, table, types);
  },
};
