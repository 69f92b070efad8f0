import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { PublishKeys } from './publish-keys.ts';
import { publishKeyProver } from './secret-word-prover.ts';
import { ADA, asker, MAI, MINUTE_MS, TokenBed } from './testing/token-bed.ts';

let bed: TokenBed;
before(async () => {
  bed = await TokenBed.open();
});
after(async () => bed.close());

async function open(): Promise<PublishKeys> {
  return bed.closing(await PublishKeys.open(bed.shared));
}

test('an encoder with the key of a camera publishes to it alone, until the key is revoked', async () => {
  const keys = await open();
  const made = await keys.create(asker(MAI), 'gate', 'roof encoder');
  assert.ok(made.ok);
  const { key, record } = made;
  assert.match(key, /^vdp_[\w-]{43}$/);
  const anew = await open();
  for (const some of [keys, anew]) {
    const proof = publishKeyProver(some).prove({ kind: 'token', token: key });
    assert.ok(proof?.ok === true);
    assert.equal(bed.rights.decide(proof.identity, 'publish', 'gate'), 'yes');
    assert.equal(bed.rights.decide(proof.identity, 'publish', 'yard'), 'no');
    assert.equal(bed.rights.decide(proof.identity, 'view', 'gate'), 'no');
  }
  assert.ok(await keys.revoke(asker(MAI), record.id));
  assert.equal(bed.rights.decide(record.identity, 'publish', 'gate'), 'gone');
  for (const some of [keys, await open()])
    assert.equal(publishKeyProver(some).prove({ kind: 'token', token: key })?.ok, false);
  const kept = JSON.stringify(await bed.real.db.selectFrom('publishKeys').selectAll().execute());
  assert.ok(!kept.includes(key) && !JSON.stringify(bed.entries).includes(key), 'the key is kept nowhere');
});

test('when a key was last used is known, and written at most once a minute', async () => {
  const keys = await open();
  const made = await keys.create(asker(MAI), 'gate', 'roof encoder');
  assert.ok(made.ok);
  const { key, record } = made;
  assert.equal(record.lastUsedAtMs, undefined);
  const used: number[] = [];
  for (const laterMs of [0, 1000, 59_000, MINUTE_MS]) {
    bed.nowMs += laterMs;
    used.push(bed.nowMs);
    keys.use(key);
    assert.equal(keys.get(record.id)?.lastUsedAtMs, bed.nowMs);
  }
  await keys.close();
  const row = await bed.real.db
    .selectFrom('publishKeys')
    .select('lastUsedAt')
    .where('id', '=', record.id)
    .executeTakeFirst();
  assert.equal(row?.lastUsedAt, used.at(-1));
});

test('words of other kinds are left to others; keys end with their camera', async () => {
  const keys = await open();
  const prover = publishKeyProver(keys);
  assert.equal(prover.prove({ kind: 'token', token: 'vdk_abc' }), undefined);
  assert.equal(prover.prove({ kind: 'password', user: 'x', password: 'vdp_abc' }), undefined);
  assert.equal(prover.prove({ kind: 'token', token: 'vdp_abc' })?.ok, false);
  const made = await keys.create(asker(ADA), 'yard', 'barn');
  assert.ok(made.ok);
  await keys.revokeCamera(asker(ADA), 'yard');
  assert.deepEqual(keys.listOf('yard'), []);
});
