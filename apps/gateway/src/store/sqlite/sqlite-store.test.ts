import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import {
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { DatabaseSync } from 'node:sqlite';
import { sql } from 'kysely';
import { silentLogger } from '../../observability/logger.ts';
import { STORE_LIMITS, type StoreLimits } from '../store-limits.ts';
import { type Store, type StoreHealth, StoreStartError, StoreUnavailableError } from '../store.ts';
import { SqliteStore } from './sqlite-store.ts';
import type { SqliteThread } from './sqlite-thread-handle.ts';

const root = mkdtempSync(path.join(tmpdir(), 'vedette-sqlite-'));
const children: ChildProcess[] = [];
after(() => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(root, { recursive: true, force: true });
});

const newFolder = (): string => mkdtempSync(path.join(root, 'data-'));

interface Opening {
  readonly limits?: Partial<StoreLimits>;
  readonly onThread?: (thread: SqliteThread) => void;
}

function open(dataDir: string, { limits, onThread }: Opening = {}): Promise<SqliteStore> {
  return SqliteStore.open({
    dataDir,
    logger: silentLogger,
    limits: { ...STORE_LIMITS, ...limits },
    ...(onThread !== undefined && { onThread }),
  });
}

function write(store: Store, key: string): Promise<unknown> {
  return store.db
    .insertInto('settings')
    .values({ key, value: 'x'.repeat(3000) })
    .execute();
}

/** The next change of health. */
function healthChange(store: Store): Promise<StoreHealth> {
  return new Promise((resolve) => {
    const stop = store.onHealth((health) => {
      stop();
      resolve(health);
    });
  });
}

const COUNT_TO = (
  n: number,
) => sql`with recursive c(x) as (select 1 union all select x + 1 from c where x < ${n})
  select count(*) as "n" from c`;

test('its files are for their owner only, and nothing but the database is left when it is closed', async () => {
  const dataDir = path.join(newFolder(), 'new');
  const store = await open(dataDir);
  await write(store, 'k');
  assert.equal(statSync(dataDir).mode & 0o777, 0o700);
  for (const name of ['vedette.db', 'vedette.db-wal', 'vedette.db-shm'])
    assert.equal(statSync(path.join(dataDir, name)).mode & 0o777, 0o600, name);
  await store.close();
  assert.deepEqual(readdirSync(dataDir).sort(), ['vedette.db', 'vedette.db.lock', 'vedette.pid']);
});

test('a commit waits for the disk', async () => {
  const store = await open(newFolder());
  const { rows } = await sql<{ synchronous: number }>`pragma synchronous`.execute(store.db);
  assert.equal(rows[0]?.synchronous, 2, 'FULL, https://sqlite.org/pragma.html#pragma_synchronous');
  const journal = await sql<{ journal_mode: string }>`pragma journal_mode`.execute(store.db);
  assert.equal(journal.rows[0]?.journal_mode, 'wal');
  await store.close();
});

test('a second gateway on the same folder is told who has it; the lock goes with the process', async () => {
  const dataDir = newFolder();
  const source = `
    const { SqliteStore } = await import(${JSON.stringify(new URL('./sqlite-store.ts', import.meta.url).href)});
    const { STORE_LIMITS } = await import(${JSON.stringify(new URL('../store-limits.ts', import.meta.url).href)});
    const logger = { debug() {}, info() {}, warn() {}, error() {}, child() { return logger; } };
    await SqliteStore.open({ dataDir: ${JSON.stringify(dataDir)}, logger, limits: STORE_LIMITS });
    process.stdout.write('open');`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', source]);
  children.push(child);
  child.stderr.on('data', (chunk: Buffer) => process.stderr.write(chunk));
  await new Promise((resolve) => child.stdout.once('data', resolve));
  await assert.rejects(open(dataDir), (error) => {
    assert.ok(error instanceof StoreStartError);
    assert.equal(error.code, 'ERR_STORE_LOCKED');
    assert.ok(error.message.includes(`process ${String(child.pid)}`) && error.message.includes(dataDir));
    return true;
  });
  const exited = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await exited;
  await (await open(dataDir)).close();
});

test('twice in one process as well', async () => {
  const dataDir = newFolder();
  const store = await open(dataDir);
  await assert.rejects(open(dataDir), { code: 'ERR_STORE_LOCKED' });
  await write(store, 'the first is not disturbed');
  await store.close();
});

async function filled(): Promise<string> {
  const dataDir = newFolder();
  const store = await open(dataDir);
  await Promise.all(Array.from({ length: 200 }, (_, index) => write(store, `key ${index}`)));
  await store.close();
  return dataDir;
}

for (const { name, spoil } of [
  {
    name: 'a page overwritten',
    spoil: (file: string) => {
      const handle = openSync(file, 'r+');
      writeSync(handle, Buffer.alloc(8192, 0xa5), 0, 8192, Math.floor(statSync(file).size / 8192) * 4096);
      closeSync(handle);
    },
  },
  { name: 'cut off', spoil: (file: string) => truncateSync(file, Math.floor(statSync(file).size / 2)) },
  { name: 'another file', spoil: (file: string) => writeFileSync(file, 'x'.repeat(10_000)) },
]) {
  test(`a damaged database stops the start and says how to restore: ${name}`, async () => {
    const dataDir = await filled();
    const file = path.join(dataDir, 'vedette.db');
    spoil(file);
    await assert.rejects(open(dataDir), (error) => {
      assert.ok(error instanceof StoreStartError, String(error));
      assert.equal(error.code, 'ERR_STORE_DAMAGED');
      assert.match(error.message, /vedette backup/);
      return true;
    });
    rmSync(file);
    await (await open(dataDir)).close();
  });
}

test('a folder that cannot be used stops the start with its name', async () => {
  const file = path.join(newFolder(), 'file');
  writeFileSync(file, '');
  await assert.rejects(open(path.join(file, 'below')), (error) => {
    assert.ok(error instanceof StoreStartError);
    assert.equal(error.code, 'ERR_STORE_FILE');
    assert.ok(error.message.includes(file));
    return true;
  });
  assert.ok(!existsSync(path.join(file, 'below')));
});

test('a thread that dies is replaced; what it was asked is told so, and nothing acknowledged is lost', async () => {
  const threads: SqliteThread[] = [];
  const store = await open(newFolder(), { onThread: (thread) => threads.push(thread) });
  await write(store, 'before');
  const underWay = Promise.allSettled([COUNT_TO(2e6).execute(store.db), write(store, 'behind')]);
  const changed = healthChange(store);
  threads[0]?.terminate();
  const results = await underWay;
  for (const result of results)
    assert.ok(result.status === 'rejected' && result.reason instanceof StoreUnavailableError);
  const down = await changed;
  assert.equal(down.isUp, false);
  assert.match(down.reason ?? '', /thread/);
  await assert.rejects(write(store, 'while it is away'), StoreUnavailableError);
  assert.equal((await healthChange(store)).isUp, true);
  await write(store, 'after');
  const rows = await store.db.selectFrom('settings').select('key').orderBy('key').execute();
  assert.deepEqual(rows, [{ key: 'after' }, { key: 'before' }]);
  assert.equal(threads.length, 2);
  await store.close();
});

test('a disk that does not answer: who waits is told within the limit, and it recovers by itself', async () => {
  const store = await open(newFolder(), { limits: { statementMs: 300 } });
  // Stands for the disk: the thread is busy with it for seconds and hears nothing.
  let isBusy = true;
  const slow = COUNT_TO(4e6)
    .execute(store.db)
    .catch((error: unknown) => error);
  const changed = healthChange(store);
  const behind = await Promise.allSettled([
    write(store, 'a'),
    store.db.transaction().execute(() => write(store, 'b')),
  ]);
  for (const result of behind)
    assert.ok(result.status === 'rejected' && result.reason instanceof StoreUnavailableError);
  assert.ok((await slow) instanceof StoreUnavailableError);
  assert.equal((await changed).isUp, false);
  await healthChange(store).finally(() => (isBusy = false));
  assert.equal(isBusy, false);
  await write(store, 'c');
  assert.deepEqual(await store.db.selectFrom('settings').select('key').execute(), [{ key: 'c' }]);
  await store.close();
});

test('a transaction whose statement is not answered in time is rolled back', async () => {
  const store = await open(newFolder(), { limits: { statementMs: 300 } });
  await assert.rejects(
    store.db.transaction().execute(async (transaction) => {
      await transaction.insertInto('settings').values({ key: 'in', value: '' }).execute();
      await COUNT_TO(4e6).execute(transaction);
    }),
    StoreUnavailableError,
  );
  if (!store.health.isUp) await healthChange(store);
  await write(store, 'next');
  assert.deepEqual(await store.db.selectFrom('settings').select('key').execute(), [{ key: 'next' }]);
  await store.close();
});

test('a disk that is full: writes are told so, reads go on, and it recovers when there is room', async () => {
  const store = await open(newFolder());
  await write(store, 'before');
  const { rows } = await sql<{ page_count: number }>`pragma page_count`.execute(store.db);
  await sql`pragma max_page_count = ${sql.lit(rows[0]?.page_count)}`.execute(store.db);
  const changed = healthChange(store);
  const results = await Promise.allSettled(
    Array.from({ length: 50 }, (_, index) => write(store, `full ${index}`)),
  );
  const refused = results.filter((result) => result.status === 'rejected');
  assert.ok(refused.length > 0);
  for (const { reason } of refused) assert.ok(reason instanceof StoreUnavailableError);
  const down = await changed;
  assert.equal(down.isUp, false);
  assert.match(down.reason ?? '', /disk is full/);
  const kept = await store.db.selectFrom('settings').select('key').execute();
  assert.equal(kept.length, 1 + results.length - refused.length, 'what was refused is not there');
  await sql`pragma max_page_count = 1000000`.execute(store.db);
  if (!store.health.isUp) await healthChange(store);
  await write(store, 'after');
  await store.close();
});

test('somebody who holds the file by hand: told, and it recovers', async () => {
  const dataDir = newFolder();
  const store = await open(dataDir);
  const other = new DatabaseSync(path.join(dataDir, 'vedette.db'));
  other.exec('begin immediate');
  await assert.rejects(write(store, 'a'), StoreUnavailableError);
  assert.match(store.health.reason ?? '', /another program/);
  other.exec('rollback');
  other.close();
  if (!store.health.isUp) await healthChange(store);
  await write(store, 'b');
  await store.close();
});
