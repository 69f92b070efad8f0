import assert from 'node:assert/strict';
import { createServer, type Server, Socket } from 'node:net';
import { after, describe, test } from 'node:test';
import { sql } from 'kysely';
import type { Logger } from '../../observability/logger.ts';
import { STORE_LIMITS, type StoreLimits } from '../store-limits.ts';
import { type Store, StoreStartError, StoreUnavailableError } from '../store.ts';
import { startPostgres } from '../testing/postgres.ts';
import { PostgresStore } from './postgres-store.ts';

const server = await startPostgres();
after(() => server.close());

const logged: string[] = [];
const log = (details: object, message: string): void => void logged.push(JSON.stringify([details, message]));
const logger: Logger = { debug: log, info: log, warn: log, error: log, child: () => logger };

function open(databaseUrl: string, limits: Partial<StoreLimits> = {}): Promise<PostgresStore> {
  return PostgresStore.open({ databaseUrl, logger, limits: { ...STORE_LIMITS, ...limits } });
}

const write = (store: Store, key: string): Promise<unknown> =>
  store.db.insertInto('settings').values({ key, value: 'v' }).execute();

async function keys(store: Store): Promise<string[]> {
  const rows = await store.db.selectFrom('settings').select('key').orderBy('key').execute();
  return rows.map(({ key }) => key);
}

function untilUp(store: Store): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  const stop = store.onHealth(({ isUp }) => {
    if (isUp) resolve(undefined);
  });
  if (store.health.isUp) resolve(undefined);
  return promise.then(stop);
}

describe('a server that goes away', () => {
  for (const how of ['fast', 'immediate'] as const) {
    test(`stopped (${how}) and started: told at once, back by itself`, async () => {
      const store = await open(await server.newDatabase());
      const changes: boolean[] = [];
      store.onHealth(({ isUp }) => changes.push(isUp));
      await write(store, 'before');
      // In the middle of a transaction, between two statements: nobody waits for the connection then.
      const half = store.db.transaction().execute(async (transaction) => {
        await transaction.insertInto('settings').values({ key: 'half', value: '' }).execute();
        await server.stop(how);
        await transaction.insertInto('settings').values({ key: 'other half', value: '' }).execute();
      });
      await assert.rejects(half, StoreUnavailableError);
      await assert.rejects(write(store, 'meanwhile'), StoreUnavailableError);
      assert.equal(store.health.isUp, false);
      assert.ok(store.health.reason !== undefined && store.health.reason !== '');
      await server.start();
      await untilUp(store);
      await write(store, 'after');
      assert.deepEqual(await keys(store), ['after', 'before']);
      assert.deepEqual(changes, [false, true]);
      await store.close();
    });
  }

  test('it is noticed also where nobody asks', async () => {
    const store = await open(await server.newDatabase());
    const down = new Promise((resolve) => store.onHealth(({ isUp }) => !isUp && resolve(undefined)));
    await server.stop('immediate');
    await down;
    await server.start();
    await untilUp(store);
    await store.close();
  });

  test('a store whose server is away closes', async () => {
    const store = await open(await server.newDatabase());
    await server.stop('immediate');
    await assert.rejects(write(store, 'k'), StoreUnavailableError);
    await store.close();
    await server.start();
  });

  test('a line that has become silent: told within the limit', async () => {
    const relay = await startRelay(server.port);
    const url = new URL(await server.newDatabase());
    url.port = String(relay.port);
    const store = await open(url.href, { statementMs: 500 });
    await write(store, 'before');
    relay.isSilent = true;
    await assert.rejects(write(store, 'silent'), StoreUnavailableError);
    await assert.rejects(write(store, 'silent too'), StoreUnavailableError);
    assert.equal(store.health.isUp, false);
    relay.isSilent = false;
    await untilUp(store);
    await write(store, 'after');
    await store.close();
    relay.close();
  });
});

interface Relay {
  readonly port: number;
  isSilent: boolean;
  close(): void;
}

/** Passes bytes on until it is silent; what came meanwhile is lost, as with a line that was cut. */
async function startRelay(target: number): Promise<Relay> {
  const sockets = new Set<Socket>();
  const listener: Server = createServer((near) => {
    const far = new Socket().connect(target, '127.0.0.1');
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from.on('data', (chunk) => {
        if (!relay.isSilent) to.write(chunk);
      });
      from.on('error', () => undefined);
      from.on('close', () => to.destroy());
    }
  });
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  const address = listener.address();
  assert.ok(typeof address === 'object' && address !== null);
  const relay: Relay = {
    port: address.port,
    isSilent: false,
    close: () => {
      listener.close();
      for (const socket of sockets) socket.destroy();
    },
  };
  return relay;
}

test('a statement that takes too long is ended; the server counts as there', async () => {
  const store = await open(await server.newDatabase(), { statementMs: 300 });
  await assert.rejects(sql`select pg_sleep(60)`.execute(store.db), StoreUnavailableError);
  assert.equal(store.health.isUp, true);
  await write(store, 'next');
  await store.close();
});

test('a transaction that somebody left open ends, and what it held is free', async (t) => {
  const store = await open(await server.newDatabase(), { transactionMs: 300 });
  t.after(() => store.close());
  const inserted = Promise.withResolvers<undefined>();
  const never = Promise.withResolvers<undefined>();
  const left = store.db.transaction().execute(async (transaction) => {
    await transaction.insertInto('settings').values({ key: 'k', value: 'left' }).execute();
    inserted.resolve(undefined);
    await never.promise;
  });
  await inserted.promise;
  // Waits for the row.
  await store.db.insertInto('settings').values({ key: 'k', value: 'mine' }).execute();
  await store.db
    .transaction()
    .execute((transaction) => transaction.selectFrom('settings').selectAll().execute());
  never.resolve(undefined);
  await assert.rejects(left, StoreUnavailableError);
  assert.deepEqual(await store.db.selectFrom('settings').selectAll().execute(), [
    { key: 'k', value: 'mine' },
  ]);
});

describe('a start that cannot be', () => {
  const cases: readonly { name: string; url: (good: URL) => string; code: string; message: RegExp }[] = [
    {
      name: 'wrong password',
      url: (url) => ((url.password = 'hunter2-wrong'), url.href),
      code: 'ERR_STORE_LOGIN',
      message: /password authentication failed/,
    },
    {
      name: 'no such database',
      url: (url) => ((url.pathname = '/nowhere'), url.href),
      code: 'ERR_STORE_LOGIN',
      message: /"nowhere" does not exist/,
    },
    {
      name: 'nobody there',
      url: (url) => ((url.port = '1'), url.href),
      code: 'ERR_STORE_UNREACHABLE',
      message: /127\.0\.0\.1:1 was not reached within 0\.5 s/,
    },
    {
      name: 'no address',
      url: () => 'postgres://user:hunter2@host:none/x',
      code: 'ERR_STORE_ADDRESS',
      message: /databaseUrl/,
    },
  ];
  for (const { name, url, code, message } of cases) {
    test(`${name}: says so, without the password`, async () => {
      await assert.rejects(open(url(new URL(await server.newDatabase())), { reachMs: 500 }), (error) => {
        assert.ok(error instanceof StoreStartError, String(error));
        assert.equal(error.code, code);
        assert.match(error.message, message);
        assert.ok(!JSON.stringify([error, error.stack, error.cause, error.message]).includes('hunter2'));
        return true;
      });
    });
  }

  test('a user who may not make tables is told so', async () => {
    const url = new URL(await server.newDatabase());
    const admin = await open(server.url);
    await sql`create role guest login password 'guest'`.execute(admin.db);
    await admin.close();
    url.username = 'guest';
    url.password = 'guest';
    await assert.rejects(open(url.href), { code: 'ERR_STORE_TABLES', message: /permission denied/ });
  });

  test('a server that starts later than we do is waited for', async () => {
    const url = await server.newDatabase();
    await server.stop();
    const opening = open(url);
    await new Promise<void>((resolve) => {
      const timer = setInterval(() => {
        if (!logged.some((line) => line.includes('waiting for it'))) return;
        clearInterval(timer);
        resolve();
      }, 10);
    });
    await server.start();
    await (await opening).close();
  });
});

test('a server that may forget what it acknowledged is warned of', async () => {
  const url = new URL(await server.newDatabase());
  url.searchParams.set('options', '-c synchronous_commit=off');
  await (await open(url.href)).close();
  assert.ok(logged.some((line) => line.includes('may be lost')));
});

test('no line of the log holds the password', () => {
  assert.ok(logged.length > 0);
  for (const line of logged) assert.ok(!line.includes('hunter2'), line);
});
