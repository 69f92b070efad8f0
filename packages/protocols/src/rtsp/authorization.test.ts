import { ProtocolError } from '@vedette/media';
import fc from 'fast-check';
import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  authorize,
  equalInConstantTime,
  parseAuthorization,
  type Authorization,
  type Credentials,
} from './authorization.ts';
import { parseChallenges, serializeChallenge, type Challenge, type DigestChallenge } from './challenge.ts';
import { ClientAuthenticator } from './client-authenticator.ts';
import { digestResponse } from './digest.ts';

const mufasa = {
  user: 'Mufasa',
  realm: 'http-auth@example.org',
  password: 'Circle of Life',
  method: 'GET',
  uri: '/dir/index.html',
  nonce: '7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v',
  qop: {
    name: 'auth',
    nonceCount: '00000001',
    clientNonce: 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ',
  },
} as const;
const { user: name, method, uri } = mufasa;
const rfc2617 = {
  user: name,
  method,
  uri,
  realm: 'testrealm@host.com',
  password: 'Circle Of Life',
  nonce: 'dcd98b7102dd2f0e8b11d0f600bfb0c093',
} as const;

for (const { name, input, want } of [
  {
    name: 'MD5 (RFC 7616 §3.9.1)',
    input: { ...mufasa, algorithm: 'MD5' as const },
    want: '8ca523f5e9506fed4657c9700eebdbec',
  },
  {
    name: 'SHA-256 (RFC 7616 §3.9.1)',
    input: { ...mufasa, algorithm: 'SHA-256' as const },
    want: '753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1',
  },
  {
    name: 'MD5 (RFC 2617 §3.5)',
    input: {
      ...rfc2617,
      algorithm: 'MD5' as const,
      qop: { name: 'auth' as const, nonceCount: '00000001', clientNonce: '0a4f113b' },
    },
    want: '6629fae49393a05397450978507c4ef1',
  },
  {
    name: 'MD5 without qop, as most cameras ask for',
    input: { ...rfc2617, algorithm: 'MD5' as const },
    want: '670fd8c2df070c60b045671b8b24ff02',
  },
]) {
  test(`digestResponse: ${name}`, () => assert.equal(digestResponse(input), want));
}

const digest = (rest: Partial<DigestChallenge>): DigestChallenge => ({
  scheme: 'digest',
  realm: 'r',
  nonce: 'n',
  algorithm: 'MD5',
  hasQopAuth: false,
  ...rest,
});

for (const { name, values, want } of [
  {
    name: 'Hikvision: Digest and Basic in two headers',
    values: [
      'Digest realm="IP Camera(C2397)", nonce="8b5e", stale="FALSE"',
      'Basic realm="IP Camera(C2397)"',
    ],
    want: [
      digest({ realm: 'IP Camera(C2397)', nonce: '8b5e' }),
      { scheme: 'basic', realm: 'IP Camera(C2397)' },
    ],
  },
  {
    name: 'both in one header, the weaker in front',
    values: ['Basic realm="a, b", Digest realm="r", nonce="n", stale=TRUE'],
    want: [digest({ isStale: true }), { scheme: 'basic', realm: 'a, b' }],
  },
  {
    name: 'Axis: MD5 and SHA-256, strongest first',
    values: [
      'Digest realm="r", nonce="n", algorithm=MD5, qop="auth"',
      'Digest realm="r", nonce="m", algorithm=SHA-256, qop="auth-int,auth", opaque="o"',
    ],
    want: [
      digest({ nonce: 'm', algorithm: 'SHA-256', hasQopAuth: true, opaque: 'o' }),
      digest({ hasQopAuth: true }),
    ],
  },
  {
    name: 'session variant, odd case, quoted algorithm, no spaces',
    values: ['DIGEST Realm="r",Nonce="n",Algorithm="md5-SESS",QOP=auth'],
    want: [digest({ algorithm: 'MD5-sess', hasQopAuth: true })],
  },
  {
    name: 'an escaped quote in the realm',
    values: ['Basic realm="a \\"b\\""'],
    want: [{ scheme: 'basic', realm: 'a "b"' }],
  },
  {
    name: 'what cannot be used is left out',
    values: [
      'Negotiate',
      'NTLM abc==',
      'Digest realm="r"',
      'Digest realm="r", nonce="n", algorithm=SHA-3',
      'Digest realm="r", nonce="n", qop="auth-int"',
    ],
    want: [],
  },
] as { name: string; values: string[]; want: Challenge[] }[]) {
  test(`parseChallenges: ${name}`, () => assert.deepEqual(parseChallenges(values), want));
}

const word = fc.string({ unit: 'grapheme', maxLength: 12 }).filter((text) => text.isWellFormed());
const user = word.filter((text) => text !== '' && !text.includes(':'));
const challenge = fc.oneof(
  word.map((realm): Challenge => ({ scheme: 'basic', realm })),
  fc.record(
    {
      scheme: fc.constant('digest'),
      realm: word,
      nonce: word,
      algorithm: fc.constantFrom('MD5', 'MD5-sess', 'SHA-256', 'SHA-256-sess'),
      hasQopAuth: fc.boolean(),
      opaque: word,
      isStale: fc.constant(true),
    },
    { noNullPrototype: true, requiredKeys: ['scheme', 'realm', 'nonce', 'algorithm', 'hasQopAuth'] },
  ),
) as fc.Arbitrary<Challenge>;

test('challenges: what is serialized parses back', () => {
  fc.assert(
    fc.property(challenge, (one) => assert.deepEqual(parseChallenges([serializeChallenge(one)]), [one])),
  );
});

/** What a server would find. */
function isRight(
  shown: Authorization,
  { realm }: Challenge,
  credentials: Credentials,
  { method }: { method: string },
): boolean {
  if (shown.scheme === 'bearer') return false;
  if (shown.scheme === 'basic') {
    return shown.user === credentials.user && shown.password === credentials.password;
  }
  return shown.response === digestResponse({ ...shown, ...credentials, realm, method });
}

test('a client answers every challenge so that the server accepts it, and no other password', () => {
  fc.assert(
    fc.property(challenge, user, word, word, fc.nat(9), (one, name, password, other, count) => {
      const request = { method: 'SETUP', url: 'rtsp://h/cam/trackID=0' };
      const shown = parseAuthorization(authorize(one, { user: name, password }, request, count + 1, 'c1'));
      assert.ok(shown !== undefined);
      assert.equal(isRight(shown, one, { user: name, password }, request), true);
      if (other !== password) {
        assert.equal(isRight(shown, one, { user: name, password: other }, request), false);
      }
    }),
  );
});

for (const { value, want } of [
  {
    value: 'Basic QWxhZGRpbjpvcGVuOnNlc2FtZQ==',
    want: { scheme: 'basic', user: 'Aladdin', password: 'open:sesame' },
  },
  { value: 'bearer abc.def-ghi', want: { scheme: 'bearer', token: 'abc.def-ghi' } },
  { value: 'Basic', want: undefined },
  { value: 'Basic !!!', want: undefined },
  { value: 'Basic bm9jb2xvbg==', want: undefined },
  { value: '', want: undefined },
  { value: 'Digest username="a", nonce="n", uri="u"', want: undefined },
  { value: 'Digest username="a", nonce="n", uri="u", response="r", algorithm=SHA-3', want: undefined },
  { value: 'Digest username="a", nonce="n", uri="u", response="r", qop=auth-int', want: undefined },
]) {
  test(`parseAuthorization: "${value}"`, () => assert.deepEqual(parseAuthorization(value), want));
}

test('equalInConstantTime: equal texts only', () => {
  fc.assert(fc.property(word, word, (a, b) => assert.equal(equalInConstantTime(a, b), a === b)));
  assert.equal(equalInConstantTime('', 'a'), false);
  assert.equal(equalInConstantTime('ab', 'abab'), false);
});

test('parseAuthorization, parseChallenges: any text parses or throws ProtocolError, nothing else', () => {
  const piece = fc.constantFrom(
    'Digest ',
    'Basic ',
    'Bearer ',
    'realm',
    'nonce',
    '=',
    '"',
    ',',
    '\\',
    ' ',
    'response',
  );
  fc.assert(
    fc.property(fc.array(fc.oneof(piece, fc.string({ maxLength: 3 }))), (pieces) => {
      for (const parse of [parseAuthorization, (value: string) => parseChallenges([value])]) {
        try {
          parse(pieces.join(''));
        } catch (error) {
          assert.ok(error instanceof ProtocolError);
        }
      }
    }),
    { numRuns: 2000 },
  );
});

const asked = (rest = '') => [`Digest realm="r", nonce="n1"${rest}`];
for (const { name, history, want } of [
  { name: 'first challenge', history: [[asked(), false, 0]], want: 'retry' },
  {
    name: 'same nonce again',
    history: [
      [asked(), false, 0],
      [asked(), true, 1],
    ],
    want: 'wrongCredentials',
  },
  {
    name: 'a fresh nonce for a request that was just challenged: the password is wrong',
    history: [
      [asked(), false, 0],
      [['Digest realm="r", nonce="n2"'], true, 1],
    ],
    want: 'wrongCredentials',
  },
  {
    name: 'a later request with an expired nonce',
    history: [
      [asked(), false, 0],
      [['Digest realm="r", nonce="n2"'], true, 0],
    ],
    want: 'retry',
  },
  {
    name: 'stale',
    history: [
      [asked(), false, 0],
      [asked(', stale=true'), true, 1],
    ],
    want: 'retry',
  },
  {
    name: 'stale for ever',
    history: [
      [asked(), false, 0],
      [asked(', stale=true'), true, 2],
    ],
    want: 'wrongCredentials',
  },
  {
    name: 'Basic twice',
    history: [
      [['Basic realm="r"'], false, 0],
      [['Basic realm="r"'], true, 1],
    ],
    want: 'wrongCredentials',
  },
  { name: 'nothing usable', history: [[['Negotiate'], false, 0]], want: 'unsupported' },
] as { name: string; history: [string[], boolean, number][]; want: string }[]) {
  test(`ClientAuthenticator: ${name}`, () => {
    const authenticator = new ClientAuthenticator({ user: 'u', password: 'p' }, 'c');
    const outcomes = history.map((call) => authenticator.challenged(...call));
    assert.equal(outcomes.at(-1), want);
  });
}

test('ClientAuthenticator: counts the uses of a nonce, and says when it has no credentials', () => {
  const authenticator = new ClientAuthenticator({ user: 'u', password: 'p' }, 'c');
  assert.equal(authenticator.header('OPTIONS', 'rtsp://h'), undefined);
  authenticator.challenged(['Digest realm="r", nonce="n", qop="auth"'], false, 0);
  assert.match(authenticator.header('OPTIONS', 'rtsp://h') ?? '', /nc=00000001/);
  assert.match(authenticator.header('OPTIONS', 'rtsp://h') ?? '', /nc=00000002/);
  assert.equal(new ClientAuthenticator(undefined, 'c').challenged(asked(), false, 0), 'noCredentials');
});
