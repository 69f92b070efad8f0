import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { silentLogger } from '../../observability/logger.ts';
import { Rights } from '../rights.ts';
import { OutsideJwtProver, type OutsideJwtSettings } from './outside-jwt-prover.ts';

const NOW = Date.now();
const RS = await generateKeyPair('RS256', { extractable: true });
const ES = await generateKeyPair('ES256', { extractable: true });
const STRANGER = await generateKeyPair('ES256', { extractable: true });

let site: Server;
let fetches = 0;
/** What the issuer publishes. */
let published: unknown[] = [];
let jwksUrl = '';
before(async () => {
  published = [
    { ...(await exportJWK(RS.publicKey)), kid: 'rs', alg: 'RS256' },
    { ...(await exportJWK(ES.publicKey)), kid: 'es', alg: 'ES256' },
  ];
  site = createServer((_request, response) => {
    fetches += 1;
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ keys: published }));
  });
  await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve));
  jwksUrl = `http://127.0.0.1:${(site.address() as AddressInfo).port}/jwks.json`;
});
after(() => {
  site.close();
  site.closeAllConnections();
});

function prover(settings: Partial<OutsideJwtSettings> = {}, now?: () => number): OutsideJwtProver {
  return new OutsideJwtProver({
    settings: { jwksUrl, issuer: 'https://id.example.org', audience: 'vedette', claim: 'perms', ...settings },
    logger: silentLogger,
    ...(now === undefined ? {} : { now }),
  });
}

const CLAIMS: JWTPayload = {
  sub: 'mai',
  iss: 'https://id.example.org',
  aud: 'vedette',
  exp: Math.floor(NOW / 1000) + 600,
  perms: [
    { action: 'read', path: '~^cam' },
    { action: 'publish', path: 'gate' },
  ],
};

async function jwt(
  claims: JWTPayload = CLAIMS,
  { privateKey } = RS,
  header: { alg: string; kid?: string; typ?: string } = { alg: 'RS256', kid: 'rs' },
): Promise<string> {
  return new SignJWT(claims).setProtectedHeader(header).sign(privateKey);
}

test('a token of the issuer allows what its claim says, until it ends', async () => {
  for (const token of [await jwt(), await jwt(CLAIMS, ES, { alg: 'ES256', kid: 'es', typ: 'at+jwt' })]) {
    const proof = await prover().prove({ kind: 'token', token });
    assert.ok(proof?.ok === true);
    const { identity } = proof;
    assert.equal(identity.kind === 'outside' && identity.name, 'mai');
    let nowMs = NOW;
    const rights = new Rights(() => nowMs);
    assert.equal(rights.decide(identity, 'view', 'cam7'), 'yes');
    assert.equal(rights.decide(identity, 'view', 'gate'), 'no');
    assert.equal(rights.decide(identity, 'publish', 'gate'), 'yes');
    assert.equal(rights.decide(identity, 'configure'), 'no');
    nowMs += 601_000;
    assert.equal(rights.decide(identity, 'view', 'cam7'), 'gone');
  }
});

test('a token without an end is taken, as MediaMTX takes it', async () => {
  const { exp, ...endless } = CLAIMS;
  assert.ok(exp !== undefined);
  const token = await jwt(endless);
  assert.equal((await prover().prove({ kind: 'token', token }))?.ok, true);
});

for (const { name, make } of [
  { name: 'has ended', make: async () => jwt({ ...CLAIMS, exp: Math.floor(NOW / 1000) - 60 }) },
  { name: 'is of another issuer', make: async () => jwt({ ...CLAIMS, iss: 'https://evil.example' }) },
  { name: 'is for another audience', make: async () => jwt({ ...CLAIMS, aud: 'other' }) },
  { name: 'is signed by another key', make: async () => jwt(CLAIMS, STRANGER, { alg: 'ES256', kid: 'es' }) },
  { name: 'names a key that is not there', make: async () => jwt(CLAIMS, RS, { alg: 'RS256', kid: 'x' }) },
  {
    name: 'is signed with the public key as a shared secret',
    make: async () => {
      const secret = new TextEncoder().encode(JSON.stringify(published[0]));
      return new SignJWT(CLAIMS).setProtectedHeader({ alg: 'HS256', kid: 'rs' }).sign(secret);
    },
  },
  {
    name: 'is not signed',
    make: async () => {
      const [, body = ''] = (await jwt()).split('.');
      return `${Buffer.from('{"alg":"none"}').toString('base64url')}.${body}.`;
    },
  },
  { name: 'is no JWT', make: () => Promise.resolve('eyJx.eyJx.eyJx') },
  { name: 'is of another kind', make: () => Promise.resolve('vdk_abc') },
]) {
  test(`a token that ${name} is nobody's here`, async () => {
    assert.equal(await prover().prove({ kind: 'token', token: await make() }), undefined);
  });
}

test('a token whose claim is missing or broken allows nothing', async () => {
  const token = await jwt({ ...CLAIMS, perms: 'x' });
  const proof = await prover().prove({ kind: 'token', token });
  assert.ok(proof?.ok === true);
  assert.equal(new Rights(() => NOW).decide(proof.identity, 'view', 'cam7'), 'no');
});

test('keys are fetched once, and a new one when a token names it', async () => {
  const before = fetches;
  let nowMs = NOW;
  const asked = prover({}, () => nowMs);
  for (let count = 0; count < 5; count += 1)
    assert.equal((await asked.prove({ kind: 'token', token: await jwt() }))?.ok, true);
  assert.equal(fetches - before, 1);
  // Remembered no longer than it lasts.
  const token = await jwt({ ...CLAIMS, exp: Math.floor(NOW / 1000) + 30 });
  assert.equal((await asked.prove({ kind: 'token', token }))?.ok, true);
  nowMs += 40_000;
  assert.equal(await asked.prove({ kind: 'token', token }), undefined);
});

test('where the keys cannot be fetched nobody is let in, and he is told to come again', async () => {
  const token = await jwt();
  for (const url of ['http://127.0.0.1:9/jwks.json', jwksUrl.replace('jwks', 'broken')]) {
    const isBroken = url.includes('broken');
    const kept = published;
    if (isBroken) published = 'nonsense' as unknown as unknown[];
    const answer = await prover({ jwksUrl: url }).prove({ kind: 'token', token });
    published = kept;
    assert.ok(answer?.ok === false);
    assert.deepEqual([answer.reason, answer.code], ['unavailable', 'ERR_OUTSIDE_ISSUER_UNAVAILABLE']);
  }
});
