import type { CameraAction } from '@vedette/contract';
import { decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose';
import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import type { Refusal } from '../door.ts';
import { StreamTokenProver } from './stream-token-prover.ts';
import type { IssuedStreamToken, StreamTokens, StreamTokenWish } from './stream-tokens.ts';
import { ADA, asker, BAO, MAI, MINUTE_MS, START_MS, TokenBed } from './testing/token-bed.ts';

let bed: TokenBed;
let tokens: StreamTokens;
before(async () => {
  bed = await TokenBed.open();
});
after(async () => bed.close());
beforeEach(async () => {
  bed.line.isUp = true;
  await bed.real.db.deleteFrom('streamTokens').execute();
  bed.entries.length = 0;
  bed.nowMs = START_MS;
  bed.plan = undefined;
  bed.limits = { take: () => 0 };
  tokens = await bed.tokens();
});

const VIEW: StreamTokenWish = { cameraId: 'gate', actions: ['view'] };

async function make(
  wish: StreamTokenWish = VIEW,
  by = asker(MAI),
  of: StreamTokens = tokens,
): Promise<IssuedStreamToken> {
  return issued(await of.create(by, wish));
}

function issued(answer: IssuedStreamToken | Refusal | undefined): IssuedStreamToken {
  assert.ok(answer?.ok === true, JSON.stringify(answer));
  return answer;
}

function refused(answer: IssuedStreamToken | Refusal | undefined): Refusal {
  assert.ok(answer?.ok === false);
  return answer;
}

test('a token is a JWT of the claims that were asked for; the store has its hash and not the token', async () => {
  const { token, record } = await make({ cameraId: 'gate', actions: ['view', 'ptz', 'view'], minutes: 5 });
  assert.deepEqual(decodeProtectedHeader(token), { alg: 'HS256', typ: 'stream+jwt' });
  const exp = (START_MS + 5 * MINUTE_MS) / 1000;
  const actions = ['ptz', 'view'];
  assert.deepEqual(decodeJwt(token), {
    ...{ jti: record.id, sub: MAI, camera: 'gate', actions, exp, iss: 'vedette' },
  });
  await jwtVerify(token, bed.key, { currentDate: new Date(START_MS) });
  const [row] = await bed.real.db.selectFrom('streamTokens').selectAll().execute();
  assert.equal(row?.id, record.id);
  assert.ok(!JSON.stringify(row).includes(token.split('.')[2] ?? ''), 'no signature is kept');
  assert.ok(!JSON.stringify(bed.entries).includes(token), 'nor written into the audit');
});

test('it proves who lent it, until it ends, is revoked, or its lender may no longer', async () => {
  const prover = new StreamTokenProver(tokens);
  const { token, record } = await make();
  const proof = prover.prove({ kind: 'token', token }, { address: '198.51.100.7' });
  assert.ok(proof?.ok === true);
  assert.deepEqual(proof.identity, { kind: 'streamToken', id: record.id, userId: MAI, name: 'mai' });
  assert.equal(bed.rights.decide(proof.identity, 'view', 'gate'), 'yes');
  assert.equal(bed.rights.decide(proof.identity, 'ptz', 'gate'), 'no', 'another action');
  assert.equal(bed.rights.decide(proof.identity, 'view', 'yard'), 'no', 'another camera');
  bed.nowMs += 30 * MINUTE_MS;
  assert.equal(bed.rights.decide(proof.identity, 'view', 'gate'), 'gone');
  assert.equal(prover.prove({ kind: 'token', token }, { address: '198.51.100.7' })?.ok, false);
  assert.equal(tokens.faultOf(token), 'expired');
});

test('what was changed, what is of another key and what is none proves nothing', async () => {
  const prover = new StreamTokenProver(tokens);
  const peer = { address: '192.0.2.1' };
  const { token } = await make();
  const [head = '', body = '', signature = ''] = token.split('.');
  const changed = Buffer.from(JSON.stringify({ ...decodeJwt(token), camera: 'yard' })).toString('base64url');
  const flipped = signature.startsWith('A') ? `B${signature.slice(1)}` : `A${signature.slice(1)}`;
  for (const wrong of [`${head}.${changed}.${signature}`, `${head}.${body}.${flipped}`, `${head}.${body}.`]) {
    assert.equal(prover.prove({ kind: 'token', token: wrong }, peer)?.ok, false, wrong);
    assert.equal(tokens.faultOf(wrong), 'unknown');
  }
  assert.equal(prover.prove({ kind: 'token', token: `e30.${body}.${signature}` }, peer), undefined);
  assert.equal(prover.prove({ kind: 'password', user: 'a', password: token }, peer), undefined);
});

test('a token in a store whose key was changed is not taken', async () => {
  const { token } = await make();
  bed.key.fill(8);
  const others = await bed.tokens();
  assert.equal(others.check(token), undefined);
  bed.key.fill(7);
  assert.notEqual((await bed.tokens()).check(token), undefined);
});

for (const { name, bound, good, wrong } of [
  {
    name: 'address',
    bound: { address: '192.0.2.9' },
    good: [{ address: '192.0.2.9' }, { address: '::ffff:192.0.2.9' }],
    wrong: [{ address: '192.0.2.8' }, { address: '' }],
  },
  {
    name: 'User-Agent',
    bound: { userAgent: 'VLC/3.0.20' },
    good: [{ address: '192.0.2.1', userAgent: 'VLC/3.0.20' }],
    wrong: [{ address: '192.0.2.1', userAgent: 'VLC/3.0.21' }, { address: '192.0.2.1' }],
  },
]) {
  test(`a token that is bound to an ${name} is good with that alone, also after a start anew`, async () => {
    const { token } = await make({ ...VIEW, ...bound });
    for (const some of [tokens, await bed.tokens()]) {
      for (const peer of good) assert.notEqual(some.check(token, peer), undefined, JSON.stringify(peer));
      for (const peer of wrong) assert.equal(some.check(token, peer), undefined, JSON.stringify(peer));
    }
  });
}

for (const { name, by, wish, code } of [
  {
    name: 'a camera that he may not view',
    by: MAI,
    wish: { cameraId: 'vault', actions: ['view'] },
    code: 'ERR_CAMERA_NOT_FOUND',
  },
  {
    name: 'an action that he may not do',
    by: MAI,
    wish: { cameraId: 'gate', actions: ['view', 'export'] },
    code: 'ERR_FORBIDDEN',
  },
  { name: 'anything, without a right', by: BAO, wish: VIEW, code: 'ERR_CAMERA_NOT_FOUND' },
  { name: 'too long a time', by: ADA, wish: { ...VIEW, minutes: 1441 }, code: 'ERR_STREAM_TOKEN_MINUTES' },
]) {
  test(`nobody gets a token for ${name}`, async () => {
    const answer = await tokens.create(asker(by), wish as StreamTokenWish & { actions: CameraAction[] });
    assert.equal(refused(answer).code, code);
    assert.equal(bed.entries.at(-1)?.result, 'refused');
    assert.deepEqual(tokens.list(), []);
  });
}

test('a token cannot make tokens; an API key can, and is not held to the limits of people', async () => {
  const { record } = await make();
  const byToken = { identity: record.identity, peer: { address: '192.0.2.1' } };
  assert.equal(refused(await tokens.create(byToken, VIEW)).code, 'ERR_FORBIDDEN');
  assert.equal(await tokens.issue(byToken, 'gate'), undefined);
  const id = '6f1c3b52-3d0e-4a77-9a35-0f6f7f1d0009';
  bed.rights.put('apiKey', { id, actions: ['view'], grants: [], expiresAtMs: Number.MAX_SAFE_INTEGER });
  const byKey = { identity: { kind: 'apiKey', id, name: 'site' } as const, peer: { address: '192.0.2.1' } };
  const made = await Promise.all(Array.from({ length: 25 }, async () => make(VIEW, byKey)));
  const { identity } = made[0]?.record ?? {};
  assert.ok(identity !== undefined);
  assert.equal(bed.rights.decide(identity, 'view', 'gate'), 'yes');
  bed.rights.remove('apiKey', id);
  assert.equal(bed.rights.decide(identity, 'view', 'gate'), 'gone');
});

test('five at a time for one person, however many he asks for at once', async () => {
  const answers = await Promise.all(
    Array.from({ length: 12 }, async () => tokens.create(asker(MAI), { ...VIEW, minutes: 10 })),
  );
  assert.equal(answers.filter(({ ok }) => ok).length, 5);
  const last = refused(answers.at(-1));
  assert.equal(last.code, 'ERR_STREAM_TOKEN_LIMIT');
  assert.match(last.message, /perUser/);
  assert.equal(last.retryAfterMs, 10 * MINUTE_MS);
  assert.equal((await bed.real.db.selectFrom('streamTokens').selectAll().execute()).length, 5);
  const [first] = answers;
  assert.ok(first?.ok === true);
  assert.ok(await tokens.revoke(asker(MAI), first.record.id));
  await make();
  assert.equal(refused(await tokens.create(asker(MAI), VIEW)).code, 'ERR_STREAM_TOKEN_LIMIT');
  await make(VIEW, asker(ADA));
});

test('twenty an hour and those of the plan a day, counted over a start anew', async () => {
  const revoking = async (of: StreamTokens): Promise<void> => {
    await of.revoke(asker(MAI), (await make(VIEW, asker(MAI), of)).record.id);
  };
  for (let made = 0; made < 20; made += 1) await revoking(tokens);
  const hourly = refused(await tokens.create(asker(MAI), VIEW));
  assert.match(hourly.message, /perHour/);
  assert.equal(hourly.retryAfterMs, 60 * MINUTE_MS);
  const anew = await bed.tokens();
  assert.match(refused(await anew.create(asker(MAI), VIEW)).message, /perHour/);
  bed.nowMs += 61 * MINUTE_MS;
  await anew.clean();
  await revoking(anew);
  bed.plan = 'free';
  const daily = refused(await anew.create(asker(MAI), VIEW));
  assert.match(daily.message, /perDay/);
  bed.nowMs += daily.retryAfterMs ?? 0;
  await revoking(anew);
});

test('the rate of tokens, keys and links is limited too', async () => {
  const asked: string[] = [];
  bed.limits = { take: (kind, key) => asked.push(`${kind} ${key}`) && 4000 };
  const answer = refused(await tokens.create(asker(MAI), VIEW));
  assert.deepEqual([answer.code, answer.retryAfterMs], ['ERR_RATE_LIMITED', 4000]);
  assert.deepEqual(asked, [`tokens user:${MAI}`]);
});

test('a refresh gives the same token a later end; the former JWT stays good until its own, over a start anew', async () => {
  const first = await make();
  bed.nowMs += 20 * MINUTE_MS;
  const second = issued(await tokens.refresh(asker(MAI), first.record.id));
  assert.equal(second.record.id, first.record.id);
  assert.notEqual(second.token, first.token);
  assert.equal(second.expiresAtMs, START_MS + 50 * MINUTE_MS);
  const anew = await bed.tokens();
  for (const some of [tokens, anew]) {
    assert.equal(some.check(first.token)?.id, first.record.id);
    assert.equal(some.check(second.token)?.id, first.record.id);
  }
  bed.nowMs = START_MS + 31 * MINUTE_MS;
  await anew.clean();
  assert.equal(anew.check(first.token), undefined);
  assert.notEqual(anew.check(second.token), undefined);
  assert.equal(bed.rights.decide(first.record.identity, 'view', 'gate'), 'yes', 'sessions go on');
});

test('refreshes do not go on for ever, nor does what has ended come back', async () => {
  const { record } = await make({ ...VIEW, minutes: 1440 });
  bed.nowMs += 60 * MINUTE_MS;
  assert.equal(refused(await tokens.refresh(asker(MAI), record.id, 1440)).code, 'ERR_STREAM_TOKEN_GONE');
  const short = await make();
  bed.nowMs += 31 * MINUTE_MS;
  assert.equal(refused(await tokens.refresh(asker(MAI), short.record.id)).code, 'ERR_STREAM_TOKEN_GONE');
  const often = await make();
  for (let count = 0; count < 15; count += 1) {
    bed.nowMs += 1000;
    issued(await tokens.refresh(asker(MAI), often.record.id));
  }
  bed.nowMs += 1000;
  assert.equal(refused(await tokens.refresh(asker(MAI), often.record.id)).code, 'ERR_RATE_LIMITED');
});

test('of a refresh and a revocation at the same time, the revocation wins', async () => {
  for (let round = 0; round < 20; round += 1) {
    const { token, record } = await make();
    bed.nowMs += 1000;
    const refresh = tokens.refresh(asker(MAI), record.id);
    // Before the signature, between signature and write, and behind the write.
    for (let tick = 0; tick < round; tick += 1) await Promise.resolve();
    const [renewed] = await Promise.all([refresh, tokens.revoke(asker(MAI), record.id)]);
    const all = [token, ...(renewed.ok ? [renewed.token] : [])];
    for (const some of [tokens, await bed.tokens()])
      for (const shown of all) assert.equal(some.check(shown), undefined, `round ${round}`);
    assert.equal(bed.rights.decide(record.identity, 'view', 'gate'), 'gone');
    assert.equal(tokens.faultOf(token), 'revoked');
    bed.nowMs += 60 * MINUTE_MS;
  }
});

test('a token that one has is told again where it lasts, and a new one made where it does not', async () => {
  const first = issued(await tokens.issue(asker(MAI), 'gate'));
  bed.nowMs += 10 * MINUTE_MS;
  assert.equal(issued(await tokens.issue(asker(MAI), 'gate')).token, first.token);
  assert.equal(issued(await (await bed.tokens()).issue(asker(MAI), 'gate')).token, first.token);
  assert.notEqual(issued(await tokens.issue(asker(MAI), 'yard')).token, first.token);
  bed.nowMs += 16 * MINUTE_MS;
  assert.notEqual(issued(await tokens.issue(asker(MAI), 'gate')).token, first.token);
});

test('while the store is away tokens are made, refreshed and revoked; it is told when it is back', async () => {
  const old = await make();
  bed.line.isUp = false;
  const made = await make();
  bed.nowMs += MINUTE_MS;
  const renewed = issued(await tokens.refresh(asker(MAI), made.record.id));
  assert.ok(await tokens.revoke(asker(MAI), old.record.id));
  assert.notEqual(tokens.check(renewed.token), undefined);
  assert.equal(tokens.check(old.token), undefined);
  const rows = await bed.real.db.selectFrom('streamTokens').select(['id', 'revokedAt']).execute();
  assert.deepEqual(rows, [{ id: old.record.id, revokedAt: null }], 'nobody has told the store');
  bed.line.isUp = true;
  await tokens.close();
  const anew = await bed.tokens();
  assert.notEqual(anew.check(renewed.token), undefined);
  assert.equal(anew.check(old.token), undefined);
});

test('cleaning takes out what has ended, and what no longer counts from the store', async () => {
  const { record } = await make();
  bed.nowMs += 31 * MINUTE_MS;
  await tokens.clean();
  assert.equal(tokens.get(record.id), undefined);
  assert.equal(bed.rights.get('streamToken', record.id), undefined);
  const count = async (): Promise<number> =>
    (await bed.real.db.selectFrom('streamTokens').select('id').execute()).length;
  assert.equal(await count(), 1, 'it counts for a day');
  bed.nowMs += 24 * 60 * MINUTE_MS;
  await tokens.clean();
  assert.equal(await count(), 0);
});

test('the tokens of a camera end with it', async () => {
  const gate = await make();
  const yard = await make({ ...VIEW, cameraId: 'yard' });
  await tokens.revokeCamera(asker(ADA), 'gate');
  assert.equal(tokens.check(gate.token), undefined);
  assert.notEqual(tokens.check(yard.token), undefined);
});
