import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { Secrets } from '../access/secrets.ts';
import { silentLogger } from '../observability/logger.ts';
import { confirmSecretKey } from './confirm-secret-key.ts';
import { openStore } from './open-store.ts';

const dataDir = mkdtempSync(path.join(tmpdir(), 'vedette-key-'));
after(() => rmSync(dataDir, { recursive: true, force: true }));

test('the key that a database began with is the one it wants', async () => {
  const store = await openStore({ dataDir, databaseUrl: undefined, logger: silentLogger });
  const secrets = Secrets.open(dataDir);
  await confirmSecretKey(store.db, secrets);
  await confirmSecretKey(store.db, secrets);
  rmSync(path.join(dataDir, 'secret.key'));
  await assert.rejects(confirmSecretKey(store.db, Secrets.open(dataDir)), {
    code: 'ERR_SECRET_KEY_WRONG',
    message: /secret\.key/,
  });
  await confirmSecretKey(store.db, secrets);
  await store.close();
});
