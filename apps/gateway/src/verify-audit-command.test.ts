import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { AuditLog } from './access/audit/audit-log.ts';
import { ChainSeal } from './access/audit/chain-seal.ts';
import { NOBODY } from './access/identity.ts';
import { Secrets } from './access/secrets.ts';
import { silentLogger } from './observability/logger.ts';
import { openStore } from './store/open-store.ts';
import type { Store } from './store/store.ts';
import { verifyAuditCommand } from './verify-audit-command.ts';

const dataDir = mkdtempSync(path.join(tmpdir(), 'vedette-verify-'));
after(() => rmSync(dataDir, { recursive: true, force: true }));

async function withStore(work: (store: Store) => Promise<unknown>): Promise<void> {
  const store = await openStore({ dataDir, databaseUrl: undefined, logger: silentLogger });
  try {
    await work(store);
  } finally {
    await store.close();
  }
}

async function run(): Promise<{ code: number; out: string; err: string }> {
  const texts = { out: '', err: '' };
  const code = await verifyAuditCommand(
    { dataDir, databaseUrl: undefined },
    {
      stdout: { write: (text) => (texts.out += text) },
      stderr: { write: (text) => (texts.err += text) },
    },
  );
  return { code, ...texts };
}

test('verify-audit: nothing, intact, in use, broken', async () => {
  assert.deepEqual(await run(), { code: 0, out: 'The audit log is intact: it has no entries.\n', err: '' });
  await withStore(async (store) => {
    const seal = new ChainSeal(Secrets.open(dataDir).key('audit'));
    const audit = new AuditLog({ store, seal, logger: silentLogger });
    for (let count = 0; count < 3; count += 1)
      audit.record({ identity: NOBODY, action: 'login.failed', address: '192.0.2.1', result: 'refused' });
    await audit.close();
    const inUse = await run();
    assert.equal(inUse.code, 2);
    assert.match(inUse.err, /^vedette: .*\n.*\/api\/v1\/audit\/verify\n$/);
  });
  assert.deepEqual(await run(), { code: 0, out: 'The audit log is intact: 3 entries, 1 to 3.\n', err: '' });
  await withStore((store) =>
    store.db.updateTable('audit').set({ result: 'ok' }).where('seq', '=', 2).execute(),
  );
  assert.deepEqual(await run(), {
    code: 1,
    out: 'The audit log is broken. Entry 2 was changed after it was written. The 1 before it are intact.\n',
    err: '',
  });
});
