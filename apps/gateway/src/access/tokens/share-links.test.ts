import { decodeJwt } from 'jose';
import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import type { Refusal } from '../door.ts';
import { Passwords } from '../login/passwords.ts';
import { shareLinkProver } from './secret-word-prover.ts';
import { type OpenedShareLink, type ShareLinkRecord, ShareLinks, type ShareLinkWish } from './share-links.ts';
import { ADA, asker, BAO, MAI, MINUTE_MS, START_MS, TokenBed } from './testing/token-bed.ts';

const PEER = { address: '198.51.100.4' };
const WISH: ShareLinkWish = { cameraId: 'gate', name: 'for the neighbours', actions: ['view'], minutes: 60 };
const passwords = new Passwords({ cost: { memoryCost: 64, timeCost: 1, parallelism: 1 } });

let bed: TokenBed;
let links: ShareLinks;
before(async () => {
  bed = await TokenBed.open();
});
after(async () => bed.close());
beforeEach(async () => {
  await bed.real.db.deleteFrom('shareLinks').execute();
  bed.entries.length = 0;
  bed.nowMs = START_MS;
  bed.limits = { take: () => 0 };
  links = await open();
});

async function open(): Promise<ShareLinks> {
  return bed.closing(await ShareLinks.open({ ...bed.shared, passwords }));
}

async function make(
  wish: Partial<ShareLinkWish> = {},
): Promise<{ readonly record: ShareLinkRecord; readonly secret: string }> {
  const made = await links.create(asker(MAI), { ...WISH, ...wish });
  assert.ok(made.ok, JSON.stringify(made));
  return made;
}

function opened(answer: OpenedShareLink | Refusal): OpenedShareLink {
  assert.ok(answer.ok, JSON.stringify(answer));
  return answer;
}

function codeOf(answer: OpenedShareLink | Refusal): string | undefined {
  return answer.ok ? undefined : answer.code;
}

test('who has the link may view the camera, and nothing else, until it ends', async () => {
  const { record, secret } = await make();
  assert.match(secret, /^vds_[\w-]{43}$/);
  const { token, tokenExpiresAtMs } = opened(await links.openLink(secret, undefined, PEER));
  assert.equal(tokenExpiresAtMs, START_MS + 60 * MINUTE_MS);
  assert.equal(decodeJwt(token).jti, record.id);
  const prover = shareLinkProver(links);
  for (const word of [token, secret]) {
    const proof = prover.prove({ kind: 'token', token: word });
    assert.ok(proof?.ok === true);
    assert.equal(bed.rights.decide(proof.identity, 'view', 'gate'), 'yes');
    assert.equal(bed.rights.decide(proof.identity, 'ptz', 'gate'), 'no');
    assert.equal(bed.rights.decide(proof.identity, 'view', 'yard'), 'no');
  }
  bed.nowMs += 60 * MINUTE_MS;
  assert.equal(prover.prove({ kind: 'token', token })?.ok, false);
  assert.equal(codeOf(await links.openLink(secret, undefined, PEER)), 'ERR_SHARE_LINK_NOT_FOUND');
  assert.equal(links.stateOf(record), 'expired');
});

test('a link with a password opens by both, and its secret alone is worth nothing', async () => {
  const { secret } = await make({ password: 'open sesame' });
  assert.equal(codeOf(await links.openLink(secret, undefined, PEER)), 'ERR_SHARE_LINK_PASSWORD');
  assert.equal(codeOf(await links.openLink(secret, 'open simsim', PEER)), 'ERR_SHARE_LINK_PASSWORD');
  assert.equal(links.check(secret), null);
  const { token } = opened(await links.openLink(secret, 'open sesame', PEER));
  assert.notEqual(links.check(token), null);
  const kept = JSON.stringify([
    await bed.real.db.selectFrom('shareLinks').selectAll().execute(),
    bed.entries,
  ]);
  for (const word of [secret, 'open sesame', token]) assert.ok(!kept.includes(word));
  assert.ok(kept.includes('wrong password'), 'the attempt is in the audit');
});

test('attempts are limited by address, before anything is looked at', async () => {
  const { secret } = await make();
  const asked: string[] = [];
  bed.limits = { take: (kind, key) => asked.push(`${kind} ${key}`) && 5000 };
  const answer = await links.openLink(secret, undefined, PEER);
  assert.deepEqual([codeOf(answer), asked], ['ERR_RATE_LIMITED', ['login share:198.51.100.4']]);
});

test('a link that is taken back ends for who watches by it, over a start anew', async () => {
  const { record, secret } = await make();
  const { token } = opened(await links.openLink(secret, undefined, PEER));
  const views = links.get(record.id)?.views;
  assert.equal(views, 1);
  assert.ok(await links.revoke(asker(MAI), record.id));
  assert.equal(await links.revoke(asker(MAI), record.id), false);
  await links.close();
  for (const some of [links, await open()]) {
    assert.equal(some.check(token), null);
    assert.equal(codeOf(await some.openLink(secret, undefined, PEER)), 'ERR_SHARE_LINK_NOT_FOUND');
    const [listed] = some.list();
    assert.ok(listed !== undefined);
    assert.deepEqual([some.stateOf(listed), listed.views], ['revoked', 1]);
  }
  assert.equal(bed.rights.decide(record.identity, 'view', 'gate'), 'gone');
});

test('a link taken back while its password is looked at does not open', async () => {
  const { record, secret } = await make({ password: 'open sesame' });
  const opening = links.openLink(secret, 'open sesame', PEER);
  await links.revoke(asker(MAI), record.id);
  assert.equal(codeOf(await opening), 'ERR_SHARE_LINK_NOT_FOUND');
});

test('nobody shares what he may not see; links end with their camera and are forgotten after a month', async () => {
  const refused = await links.create(asker(BAO), WISH);
  assert.equal(refused.ok ? undefined : refused.code, 'ERR_CAMERA_NOT_FOUND');
  const { record } = await make();
  await links.revokeCamera(asker(ADA), 'gate');
  assert.equal(bed.rights.decide(record.identity, 'view', 'gate'), 'gone');
  bed.nowMs += 31 * 1440 * MINUTE_MS;
  await links.clean();
  assert.deepEqual(links.list(), []);
  assert.deepEqual(await bed.real.db.selectFrom('shareLinks').selectAll().execute(), []);
});

test('the token of a link is of no other installation, and no other word is one', async () => {
  const { record } = await make();
  bed.key.fill(9);
  const others = await open();
  const { token } = opened(await others.openLink((await remake(others)).secret, undefined, PEER));
  bed.key.fill(7);
  assert.equal(links.check(token), null);
  assert.equal(links.check('vdk_something'), undefined);
  assert.equal(links.check(record.id), undefined);

  async function remake(of: ShareLinks): Promise<{ readonly secret: string }> {
    const made = await of.create(asker(MAI), WISH);
    assert.ok(made.ok);
    return made;
  }
});
