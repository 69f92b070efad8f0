import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { Kysely, sql } from 'kysely';
import { silentLogger } from '../../observability/logger.ts';
import { openStore } from '../open-store.ts';
import type { Store } from '../store.ts';
import { startBothDatabases } from '../testing/both-databases.ts';
import { allMigrations } from './all-migrations.ts';
import { migrate } from './migrate.ts';
import type { Migration } from './migration.ts';

const databases = await startBothDatabases();
after(() => databases.close());

const untyped = (store: Store): Kysely<unknown> => store.db as unknown as Kysely<unknown>;

const addsColour: Migration = {
  name: 'colour',
  up: async (db, { text }) => {
    await db.schema.alterTable('cameras').addColumn('colour', text).execute();
  },
};
const failsHalfWay: Migration = {
  name: 'broken',
  up: async (db, { integer }) => {
    await db.schema.createTable('half').addColumn('a', integer).execute();
    await sql`update "cameras" set "noSuchColumn" = 1`.execute(db);
  },
};

async function applied(store: Store): Promise<unknown[]> {
  const { rows } = await sql`select "number", "name" from "migrations" order by "number"`.execute(store.db);
  return rows;
}

for (const database of databases.all) {
  describe(database.name, () => {
    const kind = database.name === 'SQLite' ? 'sqlite' : 'postgres';
    const first = allMigrations.map(({ name }, index) => ({ number: index + 1, name }));
    const number = allMigrations.length + 1;

    test('each step once, recorded, in their order; what was written stays', async () => {
      const place = await database.newPlace();
      let store = await openStore({ ...place, logger: silentLogger });
      assert.deepEqual(await applied(store), first);
      await store.db.insertInto('settings').values({ key: 'k', value: 'v' }).execute();
      await store.close();
      store = await openStore({ ...place, logger: silentLogger });
      const migrations = [...allMigrations, addsColour];
      await migrate(untyped(store), { kind, logger: silentLogger, migrations });
      await migrate(untyped(store), { kind, logger: silentLogger, migrations });
      assert.deepEqual(await applied(store), [...first, { number, name: 'colour' }]);
      await sql`select "colour" from "cameras"`.execute(store.db);
      assert.deepEqual(await store.db.selectFrom('settings').selectAll().execute(), [
        { key: 'k', value: 'v' },
      ]);
      await store.close();
    });

    test('two that start together do each step once', async () => {
      const store = await openStore({ ...(await database.newPlace()), logger: silentLogger });
      const options = { kind, logger: silentLogger, migrations: [...allMigrations, addsColour] } as const;
      await Promise.all([migrate(untyped(store), options), migrate(untyped(store), options)]);
      assert.deepEqual(await applied(store), [...first, { number, name: 'colour' }]);
      await store.close();
    });

    test('a step that fails leaves nothing behind', async () => {
      const store = await openStore({ ...(await database.newPlace()), logger: silentLogger });
      const migrations = [...allMigrations, failsHalfWay];
      await assert.rejects(migrate(untyped(store), { kind, logger: silentLogger, migrations }));
      assert.deepEqual(await applied(store), first);
      await assert.rejects(sql`select * from "half"`.execute(store.db));
      await store.close();
    });

    test('a database of a newer program stops the start, and nothing is changed', async () => {
      const place = await database.newPlace();
      const store = await openStore({ ...place, logger: silentLogger });
      await migrate(untyped(store), {
        kind,
        logger: silentLogger,
        migrations: [...allMigrations, addsColour],
      });
      await store.close();
      await assert.rejects(openStore({ ...place, logger: silentLogger }), {
        code: 'ERR_STORE_NEWER',
        message: /newer Vedette/,
      });
    });
  });
}

test('PostgreSQL: two gateways that start together at an empty database', async () => {
  const databaseUrl = await databases.postgres.newDatabase();
  const stores = await Promise.all(
    [1, 2, 3].map(() => openStore({ dataDir: '', databaseUrl, logger: silentLogger })),
  );
  for (const store of stores) {
    assert.equal((await applied(store)).length, allMigrations.length);
    await store.close();
  }
});
