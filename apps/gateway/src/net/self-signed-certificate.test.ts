import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import { until } from '../../../../e2e/support/until.ts';
import { silentLogger } from '../observability/logger.ts';
import { localNames, makeSelfSigned, openSelfSigned } from './self-signed-certificate.ts';

const DAY_MS = 86_400_000;
const START_MS = Date.UTC(2030, 0, 1);

function folderOf(context: TestContext): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'vedette-self-signed-'));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  return path.join(folder, 'tls');
}

test('a certificate for this machine: its names, ECDSA, for a server and nothing else', async () => {
  const { cert } = await makeSelfSigned(localNames(), START_MS);
  const made = new X509Certificate(cert);
  for (const address of ['127.0.0.1', '::1']) assert.notEqual(made.checkIP(address), undefined, address);
  assert.notEqual(made.checkHost('localhost'), undefined);
  assert.equal(made.checkHost('example.org'), undefined);
  assert.equal(made.ca, false);
  assert.deepEqual(made.keyUsage, ['1.3.6.1.5.5.7.3.1']);
  assert.equal(made.publicKey.asymmetricKeyDetails?.namedCurve, 'prime256v1');
  assert.ok(made.verify(made.publicKey));
  assert.ok(made.validToDate.getTime() - made.validFromDate.getTime() <= 398 * DAY_MS);
});

test('it is kept: the same after a restart, the key for nobody else to read', async (context) => {
  const folder = folderOf(context);
  const options = { folder, logger: silentLogger, now: () => START_MS };
  const first = await openSelfSigned(options);
  first.close();
  const second = await openSelfSigned({ ...options, now: () => START_MS + 300 * DAY_MS });
  second.close();
  assert.deepEqual(second.current, first.current);
  assert.equal(statSync(path.join(folder, 'key.pem')).mode & 0o077, 0);
});

for (const { name, spoil } of [
  { name: 'is near its end', spoil: () => undefined },
  {
    name: 'cannot be read',
    spoil: (folder: string) => writeFileSync(path.join(folder, 'certificate.pem'), 'rubbish'),
  },
  { name: 'has lost its key', spoil: (folder: string) => rmSync(path.join(folder, 'key.pem')) },
]) {
  test(`another one is made at the start where the one that is kept ${name}`, async (context) => {
    const folder = folderOf(context);
    const first = await openSelfSigned({ folder, logger: silentLogger, now: () => START_MS });
    first.close();
    const isOld = name === 'is near its end';
    spoil(folder);
    const nowMs = START_MS + (isOld ? 370 : 1) * DAY_MS;
    const second = await openSelfSigned({ folder, logger: silentLogger, now: () => nowMs });
    context.after(() => second.close());
    assert.notDeepEqual(second.current.cert, first.current.cert);
    assert.deepEqual(readFileSync(path.join(folder, 'certificate.pem')), second.current.cert);
  });
}

test('it is renewed while it is in use', async (context) => {
  let nowMs = START_MS;
  const options = { folder: folderOf(context), logger: silentLogger, now: () => nowMs, checkMs: 10 };
  const source = await openSelfSigned(options);
  context.after(() => source.close());
  const before = source.current.cert;
  let renewed: Buffer | undefined;
  source.onChange(({ cert }) => (renewed = cert));
  nowMs += 380 * DAY_MS;
  await until(() => renewed !== undefined);
  assert.notDeepEqual(renewed, before);
  assert.deepEqual(source.current.cert, renewed);
});
