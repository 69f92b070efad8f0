import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { silentLogger } from '../observability/logger.ts';
import { backupCommand } from './backup-command.ts';
import { openStore } from './open-store.ts';
import type { Store } from './store.ts';
import { writer } from './testing/row-writer.ts';

const MAIN = path.resolve(import.meta.dirname, '../main.ts');
const root = mkdtempSync(path.join(tmpdir(), 'vedette-backup-'));
after(() => rmSync(root, { recursive: true, force: true }));

const newFolder = (): string => mkdtempSync(path.join(root, 'd-'));
const open = (dataDir: string): Promise<Store> =>
  openStore({ dataDir, databaseUrl: undefined, logger: silentLogger });

/** The whole command, as people call it. */
function vedette(...args: string[]): Promise<{ code: number | null; said: string }> {
  const child = spawn(process.execPath, [MAIN, ...args], {
    cwd: newFolder(),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const pipe of [child.stdout, child.stderr])
    pipe.on('data', (chunk: Buffer) => (said += chunk.toString()));
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, said })));
}

test('a copy made while the store is written to is whole, and starts a gateway', async () => {
  const dataDir = newFolder();
  const store = await open(dataDir);
  const write = await writer.start(store);
  const acknowledged = await Promise.all(Array.from({ length: 100 }, (_, index) => write(index + 1)));
  const file = path.join(newFolder(), 'copy.db');
  const stop = new AbortController();
  const writing = (async () => {
    for (let n = 101; !stop.signal.aborted; n += 2) await Promise.all([write(n), write(n + 1)]);
  })();
  const { code, said } = await vedette('backup', file, '--dataDir', dataDir);
  stop.abort();
  await writing;
  await store.close();
  assert.equal(code, 0, said);
  assert.match(said, /secret\.key/);
  assert.equal(statSync(file).mode & 0o777, 0o600);
  assert.deepEqual(readdirSync(path.dirname(file)), ['copy.db']);

  const restored = newFolder();
  copyFileSync(file, path.join(restored, 'vedette.db'));
  const again = await open(restored);
  await writer.verify(again, acknowledged);
  await again.close();
});

test('a copy of a store that nobody uses', async () => {
  const dataDir = newFolder();
  await (await open(dataDir)).close();
  const file = path.join(newFolder(), 'copy.db');
  assert.equal(backupCommand({ dataDir, databaseUrl: undefined, file }, process), 0);
  assert.ok(existsSync(file));
});

test('what cannot be copied is said, and nothing is left behind', async () => {
  const dataDir = newFolder();
  await (await open(dataDir)).close();
  const folder = newFolder();
  const taken = path.join(folder, 'taken');
  writeFileSync(taken, 'mine');
  const damaged = newFolder();
  writeFileSync(path.join(damaged, 'vedette.db'), 'x'.repeat(5000));
  const databaseUrl = 'postgres://user:hunter2@host/x';
  for (const { options, word } of [
    { options: { dataDir, file: taken }, word: /not overwritten/ },
    { options: { dataDir, file: path.join(folder, 'no', 'such') }, word: /folder/ },
    { options: { dataDir: folder, file: path.join(folder, 'a') }, word: /no database/ },
    { options: { dataDir: damaged, file: path.join(folder, 'b') }, word: /no copy was made/ },
    { options: { dataDir, databaseUrl, file: path.join(folder, 'c') }, word: /pg_dump/ },
  ]) {
    let said = '';
    const output = { write: (text: string) => (said += text) };
    assert.equal(
      backupCommand({ databaseUrl: undefined, ...options }, { stdout: output, stderr: output }),
      1,
    );
    assert.match(said, word);
    assert.ok(!said.includes('hunter2'));
  }
  assert.deepEqual(readdirSync(folder), ['taken']);
  assert.equal(readFileSync(taken, 'utf8'), 'mine');
});
