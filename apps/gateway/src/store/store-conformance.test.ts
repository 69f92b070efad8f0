import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { after, before, describe, test } from 'node:test';
import fc from 'fast-check';
import { sql } from 'kysely';
import { silentLogger } from '../observability/logger.ts';
import { openStore } from './open-store.ts';
import type { Database } from './schema.ts';
import { storableText } from './storable.ts';
import type { StoreLimits } from './store-limits.ts';
import { type Store, StoreConstraintError, StoreQueryError, StoreUnavailableError } from './store.ts';
import { type Place, startBothDatabases } from './testing/both-databases.ts';
import { sampleRows } from './testing/sample-rows.ts';

const databases = await startBothDatabases();
after(() => databases.close());

function open(place: Place, limits: Partial<StoreLimits> = {}): Promise<Store> {
  return openStore({ ...place, logger: silentLogger, limits });
}

const setting = (key: string, value = 'v'): Database['settings'] => ({ key, value });

for (const database of databases.all) {
  describe(database.name, () => {
    let place: Place;
    let store: Store;
    before(async () => {
      place = await database.newPlace();
      store = await open(place);
    });
    after(() => store.close());

    const valueOf = async (key: string): Promise<string | undefined> =>
      (await store.db.selectFrom('settings').select('value').where('key', '=', key).executeTakeFirst())
        ?.value;

    test('a row of every table comes back as it went', async () => {
      for (const table of Object.keys(sampleRows) as (keyof Database)[]) {
        const { columns, values } = {
          columns: Object.keys(sampleRows[table]),
          values: Object.values(sampleRows[table]) as unknown[],
        };
        await sql`insert into ${sql.table(table)} (${sql.join(columns.map((name) => sql.ref(name)))})
          values (${sql.join(values)})`.execute(store.db);
        const { rows } = await sql`select * from ${sql.table(table)}`.execute(store.db);
        assert.deepEqual(rows, [sampleRows[table]], table);
      }
    });

    test('what may be missing may be missing, and nothing else', async () => {
      const user = { ...sampleRows.users, id: 'u2', name: 'bob', oidcSubject: null, passwordHash: null };
      await store.db
        .insertInto('users')
        .values({ ...user, digestSealed: null, lastLoginAt: null })
        .execute();
      await store.db
        .insertInto('users')
        .values({ ...user, id: 'u3', name: 'carl' })
        .execute();
      await assert.rejects(
        sql`insert into "settings" ("key", "value") values ('n', ${null})`.execute(store.db),
        (error) => error instanceof StoreConstraintError && error.constraint === 'value',
      );
    });

    test('texts of any kind', async () => {
      await fc.assert(
        fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 50 }), async (text) => {
          await store.db
            .insertInto('settings')
            .values(setting('text', text))
            .onConflict((conflict) => conflict.column('key').doUpdateSet({ value: text }))
            .execute();
          assert.equal(await valueOf('text'), storableText(text));
        }),
        { numRuns: 50 },
      );
      assert.equal(storableText('a\0b\ud800'), 'a\ufffdb\ufffd');
    });

    for (const { name, work, constraint } of [
      {
        name: 'a name that is taken',
        work: (db: Store['db']) =>
          db
            .insertInto('users')
            .values({ ...sampleRows.users, id: 'other', oidcSubject: null })
            .execute(),
        constraint: 'unique',
      },
      {
        name: 'a key that is taken',
        work: (db: Store['db']) => db.insertInto('cameras').values(sampleRows.cameras).execute(),
        constraint: 'unique',
      },
      {
        name: 'a change to what is taken',
        work: (db: Store['db']) =>
          db.updateTable('users').set({ name: 'anna' }).where('id', '=', 'u2').execute(),
        constraint: 'unique',
      },
      {
        name: 'of nobody',
        work: (db: Store['db']) =>
          db.insertInto('recoveryCodes').values({ userId: 'nobody', hash: 'h', usedAt: null }).execute(),
        constraint: 'reference',
      },
      {
        name: 'text for a number',
        work: (db: Store['db']) =>
          db
            .insertInto('cameraSets')
            .values({ kind: 'group', id: 'x', name: 'x', createdAt: 'today' as unknown as number })
            .execute(),
        constraint: 'value',
      },
    ] as const) {
      test(`refused: ${name}`, async () => {
        await assert.rejects(work(store.db), (error) => {
          assert.ok(error instanceof StoreConstraintError, String(error));
          assert.equal(error.constraint, constraint);
          return true;
        });
      });
    }

    for (const value of [true, new Date(0), { a: 1 }, [1]]) {
      test(`never stored: ${JSON.stringify(value)}`, async () => {
        const row = setting('odd', value as unknown as string);
        await assert.rejects(store.db.insertInto('settings').values(row).execute(), StoreQueryError);
      });
    }

    test('a query that makes no sense is our fault, and the next one works', async () => {
      await assert.rejects(sql`selec nothing`.execute(store.db), StoreQueryError);
      await assert.rejects(sql`select * from "nowhere"`.execute(store.db), StoreQueryError);
      assert.equal(store.health.isUp, true);
      assert.equal((await sql<{ n: number }>`select 1 as "n"`.execute(store.db)).rows[0]?.n, 1);
    });

    test('texts are ordered and compared by their bytes', async () => {
      const names = ['b', 'B', 'a', 'ä', 'Z', '_', 'a b', 'ab'];
      await store.db
        .insertInto('cameraSets')
        .values(names.map((id) => ({ kind: 'group' as const, id, name: 'order', createdAt: 0 })))
        .execute();
      const all = store.db.selectFrom('cameraSets').select('id').where('name', '=', 'order').orderBy('id');
      const ids = (rows: { id: string }[]): string[] => rows.map(({ id }) => id);
      assert.deepEqual(ids(await all.execute()), ['B', 'Z', '_', 'a', 'a b', 'ab', 'b', 'ä']);
      assert.deepEqual(ids(await all.where('id', 'like', 'a%').execute()), ['a', 'a b', 'ab']);
      assert.deepEqual(ids(await all.where('id', '>', 'ab').limit(1).execute()), ['b'], 'pages go on');
      assert.deepEqual(ids(await all.where(sql`lower("id")`, 'like', 'b%').execute()), ['B', 'b']);
    });

    test('counts, sums and questions are numbers', async () => {
      const { rows } =
        await sql`select count(*) as "count", sum("createdAt") as "sum", max("createdAt") as "max",
        exists(select 1 from "cameraSets") as "exists" from "cameraSets" where "id" = 'yard'`.execute(
          store.db,
        );
      assert.deepEqual(rows, [{ count: 1, sum: 1, max: 1, exists: 1 }]);
    });

    test('rows changed are counted, and come back where asked for', async () => {
      const { db } = store;
      const inserted = await db
        .insertInto('settings')
        .values([setting('c1'), setting('c2')])
        .executeTakeFirst();
      assert.equal(inserted.numInsertedOrUpdatedRows, 2n);
      const upsert = db.insertInto('settings').values(setting('c1', 'new'));
      const kept = await upsert.onConflict((conflict) => conflict.doNothing()).executeTakeFirst();
      assert.equal(kept.numInsertedOrUpdatedRows, 0n);
      const changed = await upsert
        .onConflict((conflict) => conflict.column('key').doUpdateSet({ value: 'new' }))
        .returningAll()
        .execute();
      assert.deepEqual(changed, [setting('c1', 'new')]);
      const where = db.updateTable('settings').set({ value: 'x' }).where('key', 'in', ['c1', 'c2', 'c3']);
      assert.equal((await where.executeTakeFirst()).numUpdatedRows, 2n);
      assert.equal(
        (await db.deleteFrom('settings').where('key', 'like', 'c_').executeTakeFirst()).numDeletedRows,
        2n,
      );
    });

    test('what belongs to a user goes with him', async () => {
      await store.db.insertInto('recoveryCodes').values({ userId: 'u2', hash: 'h', usedAt: null }).execute();
      await store.db.deleteFrom('users').where('id', '=', 'u2').execute();
      assert.deepEqual(
        await store.db.selectFrom('recoveryCodes').select('hash').where('userId', '=', 'u2').execute(),
        [],
      );
    });

    test('questions asked together each get their own answer', async () => {
      const numbers = Array.from({ length: 1000 }, (_, index) => index);
      const answers = await Promise.all(
        numbers.map(async (number) => {
          const isOdd = number % 2 === 1;
          if (number % 100 === 99) await assert.rejects(sql`no ${number}`.execute(store.db), StoreQueryError);
          if (isOdd)
            await store.db
              .insertInto('settings')
              .values(setting(`n${number}`))
              .execute();
          return (await sql<{ n: number }>`select cast(${number} as integer) as "n"`.execute(store.db))
            .rows[0]?.n;
        }),
      );
      assert.deepEqual(answers, numbers);
      const { count } = await store.db
        .selectFrom('settings')
        .select((eb) => eb.fn.countAll<number>().as('count'))
        .where('key', 'like', 'n%')
        .executeTakeFirstOrThrow();
      assert.equal(count, 500);
    });

    test('of statements sent together, one that is refused takes no other with it', async () => {
      const results = await Promise.allSettled(
        ['f1', 'f2', 'f1', 'f3'].map((key) => store.db.insertInto('settings').values(setting(key)).execute()),
      );
      assert.deepEqual(results.map(({ status }) => status).sort(), [
        ...['fulfilled', 'fulfilled', 'fulfilled', 'rejected'],
      ]);
      for (const key of ['f1', 'f2', 'f3']) assert.equal(await valueOf(key), 'v');
    });

    describe('transactions', () => {
      test('all or nothing', async () => {
        const { db } = store;
        await db.transaction().execute(async (transaction) => {
          await transaction.insertInto('settings').values(setting('t1')).execute();
          await transaction.insertInto('settings').values(setting('t2')).execute();
        });
        assert.equal(await valueOf('t2'), 'v');
        const thrown = new Error('no');
        await assert.rejects(
          db.transaction().execute(async (transaction) => {
            await transaction.deleteFrom('settings').where('key', '=', 't1').execute();
            throw thrown;
          }),
          thrown,
        );
        assert.equal(await valueOf('t1'), 'v');
      });

      test('one after another: nobody changes what another has read', async () => {
        await store.db.insertInto('settings').values(setting('counter', '0')).execute();
        await Promise.all(
          Array.from({ length: 50 }, () =>
            store.db.transaction().execute(async (transaction) => {
              const { value } = await transaction
                .selectFrom('settings')
                .select('value')
                .where('key', '=', 'counter')
                .executeTakeFirstOrThrow();
              await transaction
                .updateTable('settings')
                .set({ value: String(Number(value) + 1) })
                .where('key', '=', 'counter')
                .execute();
            }),
          ),
        );
        assert.equal(await valueOf('counter'), '50');
      });

      test('a statement that fails ends it, also where the failure is swallowed', async () => {
        await assert.rejects(
          store.db.transaction().execute(async (transaction) => {
            await transaction.insertInto('settings').values(setting('s1')).execute();
            await transaction
              .insertInto('settings')
              .values(setting('s1'))
              .execute()
              .catch(() => undefined);
          }),
        );
        await assert.rejects(
          store.db.transaction().execute(async (transaction) => {
            const twice = transaction.insertInto('settings').values(setting('s2'));
            await twice.execute();
            await twice.execute().catch(() => undefined);
            await transaction.insertInto('settings').values(setting('s3')).execute();
          }),
          StoreQueryError,
        );
        for (const key of ['s1', 's2', 's3']) assert.equal(await valueOf(key), undefined);
      });

      test('a failure while others of the same transaction are under way', async () => {
        await assert.rejects(
          store.db.transaction().execute(async (transaction) => {
            await Promise.all(
              ['p1', 'p2', 'p2', 'p3', 'p4'].map((key) =>
                transaction.insertInto('settings').values(setting(key)).execute(),
              ),
            );
          }),
          StoreConstraintError,
        );
        for (const key of ['p1', 'p2', 'p3', 'p4']) assert.equal(await valueOf(key), undefined);
      });

      test('one that takes too long is rolled back, and the next goes on', async () => {
        const hasty = await open(await database.newPlace(), { transactionMs: 300 });
        const slow = hasty.db.transaction().execute(async (transaction) => {
          await transaction.insertInto('settings').values(setting('slow')).execute();
          await next;
          await transaction.insertInto('settings').values(setting('slow2')).execute();
        });
        const next = sleep(50).then(() =>
          hasty.db
            .transaction()
            .execute((transaction) => transaction.insertInto('settings').values(setting('next')).execute()),
        );
        await assert.rejects(slow, StoreUnavailableError);
        await next;
        assert.deepEqual(await hasty.db.selectFrom('settings').select('key').execute(), [{ key: 'next' }]);
        await hasty.close();
      });
    });

    test('more than may wait is refused at once, and what waited is done', async () => {
      const small = await open(await database.newPlace(), { waiting: 20 });
      const results = await Promise.allSettled(
        Array.from({ length: 500 }, (_, index) =>
          small.db
            .insertInto('settings')
            .values(setting(`w${index}`))
            .execute(),
        ),
      );
      const refused = results.filter(({ status }) => status === 'rejected');
      assert.ok(refused.length > 100, String(refused.length));
      for (const { reason } of refused as PromiseRejectedResult[])
        assert.ok(reason instanceof StoreUnavailableError);
      const rows = await small.db.selectFrom('settings').select('key').execute();
      assert.equal(rows.length, 500 - refused.length);
      await small.close();
    });

    test('closed and opened again it has everything; closed it says so', async () => {
      const other = await database.newPlace();
      const first = await open(other);
      const writes = Array.from({ length: 100 }, (_, index) =>
        first.db
          .insertInto('settings')
          .values(setting(`k${index}`))
          .execute(),
      );
      await Promise.all(writes);
      await Promise.all([first.close(), first.close()]);
      await first.close();
      await assert.rejects(first.db.selectFrom('settings').selectAll().execute(), StoreUnavailableError);
      await assert.rejects(
        first.db.transaction().execute(() => Promise.resolve()),
        StoreUnavailableError,
      );
      const second = await open(other);
      assert.equal((await second.db.selectFrom('settings').select('key').execute()).length, 100);
      await second.close();
    });

    test('health: up, and of which kind', () => {
      assert.equal(store.health.kind, database.name === 'SQLite' ? 'sqlite' : 'postgres');
      assert.equal(store.health.isUp, true);
      assert.equal(store.health.reason, undefined);
      assert.ok(store.health.sinceMs <= Date.now());
    });
  });
}
