import { ProtocolError } from '@vedette/media';
import fc from 'fast-check';
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { authorize } from './authorization.ts';
import { serializeChallenge, type DigestChallenge } from './challenge.ts';
import { ClientAuthenticator } from './client-authenticator.ts';
import { ServerAuthenticator, type ShownCredentials } from './server-authenticator.ts';

const REALM = 'Vedette';
const request = { method: 'DESCRIBE', url: 'rtsp://h/gate' };
const ann = { user: 'ann', password: 'se:cret "q"' };
const AT_ONCE = { nowMs: 0, isKnown: false };

function createServer(): ServerAuthenticator {
  let nonces = 0;
  return new ServerAuthenticator({
    realm: REALM,
    createNonce: () => `n${(nonces += 1)}`,
    nonceLifeMs: 1000,
    isSameTarget: (uri, url) => uri === url,
  });
}

function ha1(algorithm: 'MD5' | 'SHA-256', { user, password }: typeof ann): string {
  return createHash(algorithm === 'MD5' ? 'md5' : 'sha256')
    .update(`${user}:${REALM}:${password}`)
    .digest('hex');
}

function digestOf(server: ServerAuthenticator, algorithm: 'MD5' | 'SHA-256'): DigestChallenge {
  const found = server
    .challenges(false, 0)
    .find((one) => one.scheme === 'digest' && one.algorithm === algorithm);
  return found?.scheme === 'digest' ? found : assert.fail();
}

function isRight(shown: ShownCredentials, password = ann.password): boolean {
  return shown.kind === 'digest' && shown.verify(ha1(shown.algorithm, { ...ann, password }));
}

test('asks for SHA-256, MD5 and Basic, in that order', () => {
  assert.deepEqual(createServer().challenges(false, 0).map(serializeChallenge), [
    'Digest realm="Vedette", nonce="n1", algorithm=SHA-256, qop="auth"',
    'Digest realm="Vedette", nonce="n1", qop="auth"',
    'Basic realm="Vedette"',
  ]);
  assert.match(
    serializeChallenge(createServer().challenges(true, 0)[1] ?? assert.fail()),
    /nonce="n1", stale=true/,
  );
});

for (const algorithm of ['MD5', 'SHA-256'] as const) {
  for (const hasQopAuth of [true, false]) {
    test(`${algorithm}, ${hasQopAuth ? 'counted' : 'as RFC 2069 has it'}: the right password, and no other`, () => {
      const server = createServer();
      const challenge = { ...digestOf(server, algorithm), hasQopAuth };
      const header = authorize(challenge, ann, request, 1, 'c');
      const shown = server.read(header, request, AT_ONCE);
      assert.ok(shown.kind === 'digest');
      assert.deepEqual([shown.user, shown.algorithm], ['ann', algorithm]);
      assert.ok(isRight(shown));
      assert.ok(shown.verify(ha1(algorithm, ann).toUpperCase()));
      assert.ok(!isRight(shown, 'other'));
      assert.ok(!shown.verify(''));
    });
  }
}

test('an answer to another method, or changed on its way, is wrong', () => {
  const server = createServer();
  const header = authorize(digestOf(server, 'MD5'), ann, request, 1, 'c');
  assert.ok(!isRight(server.read(header, { ...request, method: 'ANNOUNCE' }, AT_ONCE)));
  const forged = authorize(digestOf(server, 'MD5'), ann, request, 2, 'c').replace('uri="', 'uri="x');
  assert.equal(server.read(forged, { ...request, url: `x${request.url}` }, AT_ONCE).kind, 'digest');
  assert.ok(
    !isRight(
      server.read(forged.replace('00000002', '00000003'), { ...request, url: `x${request.url}` }, AT_ONCE),
    ),
  );
});

test('an answer for another address is of no use', () => {
  const server = createServer();
  const header = authorize(digestOf(server, 'MD5'), ann, request, 1, 'c');
  assert.equal(server.read(header, { ...request, url: 'rtsp://h/yard' }, AT_ONCE).kind, 'unusable');
});

test('a count that came before is stale, a higher one is not; other counts are none', () => {
  const server = createServer();
  const challenge = digestOf(server, 'SHA-256');
  const read = (count: number): string =>
    server.read(authorize(challenge, ann, request, count, 'c'), request, AT_ONCE).kind;
  assert.deepEqual([1, 1, 3, 2, 4].map(read), ['digest', 'stale', 'digest', 'stale', 'digest']);
  const odd = authorize(challenge, ann, request, 9, 'c').replace('nc=00000009', 'nc=zzz');
  assert.equal(server.read(odd, request, AT_ONCE).kind, 'stale');
});

test('a nonce is good for a while, for who was let in by it as long as the connection; and only the last one', () => {
  const server = createServer();
  const challenge = { ...digestOf(server, 'MD5'), hasQopAuth: false };
  const header = authorize(challenge, ann, request, 1, 'c');
  assert.equal(server.read(header, request, { nowMs: 1000, isKnown: false }).kind, 'digest');
  assert.equal(server.read(header, request, { nowMs: 1001, isKnown: false }).kind, 'stale');
  assert.equal(server.read(header, request, { nowMs: 1001, isKnown: true }).kind, 'digest');
  server.challenges(true, 1001);
  assert.equal(server.read(header, request, { nowMs: 1001, isKnown: true }).kind, 'stale');
  assert.equal(createServer().read(header, request, AT_ONCE).kind, 'stale');
});

test('what is none of what was asked for', () => {
  const server = createServer();
  const read = (header: string | undefined): ShownCredentials => server.read(header, request, AT_ONCE);
  assert.deepEqual(read(undefined), { kind: 'none' });
  assert.deepEqual(read('Basic YW5uOng6eQ=='), { kind: 'basic', user: 'ann', password: 'x:y' });
  assert.deepEqual(read('Bearer a.b'), { kind: 'bearer', token: 'a.b' });
  const sessions = { ...digestOf(server, 'MD5'), algorithm: 'MD5-sess' } as const;
  for (const header of ['Negotiate abc', 'Basic !', authorize(sessions, ann, request, 1, 'c')]) {
    assert.equal(read(header).kind, 'unusable');
  }
  const elsewhere = { ...digestOf(server, 'MD5'), realm: 'other' };
  assert.equal(read(authorize(elsewhere, ann, request, 1, 'c')).kind, 'unusable');
});

test('the client of this project is let in by the strongest', () => {
  const server = createServer();
  const client = new ClientAuthenticator(ann, 'c');
  client.challenged(server.challenges(false, 0).map(serializeChallenge), false, 0);
  for (const method of ['DESCRIBE', 'SETUP', 'PLAY']) {
    const shown = server.read(client.header(method, request.url), { ...request, method }, AT_ONCE);
    assert.ok(shown.kind === 'digest' && shown.algorithm === 'SHA-256' && isRight(shown));
  }
});

test('any text is read, or throws ProtocolError, and proves nothing', () => {
  const piece = fc.constantFrom(
    'Digest ',
    'Basic ',
    'nonce="n1"',
    'username=',
    'uri=',
    'response=',
    'qop=auth',
    ', ',
    'nc=',
    '"',
  );
  const server = createServer();
  server.challenges(false, 0);
  fc.assert(
    fc.property(fc.array(fc.oneof(piece, fc.string({ maxLength: 3 }))), (pieces) => {
      try {
        assert.ok(!isRight(server.read(pieces.join(''), request, AT_ONCE)));
      } catch (error) {
        assert.ok(error instanceof ProtocolError);
      }
    }),
  );
});
