import fc from 'fast-check';
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { keepAliveIntervalMs, keepAliveMethod } from './keep-alive.ts';
import { parsePublic } from './public-header.ts';
import { parseRtpInfo, serializeRtpInfo, type RtpInfo } from './rtp-info-header.ts';
import { parseSession, serializeSession } from './session-header.ts';

for (const { value, want } of [
  { value: '12345678', want: { id: '12345678' } },
  { value: '1185d20035702ca ; timeout=60', want: { id: '1185d20035702ca', timeoutSeconds: 60 } },
  { value: 'abc;Timeout="30"', want: { id: 'abc', timeoutSeconds: 30 } },
  { value: 'abc;timeout=60s', want: { id: 'abc', timeoutSeconds: 60 } },
  { value: 'abc;timeout=0', want: { id: 'abc' } }, // a few cameras mean "never"
  { value: 'abc;timeout', want: { id: 'abc' } },
  { value: 'abc;timeout=99999999999', want: { id: 'abc' } },
]) {
  test(`Session: ${value}`, () => assert.deepEqual(parseSession(value), want));
}

for (const value of ['', ';timeout=60', ' ;', 'x'.repeat(257)]) {
  test(`Session: "${value.slice(0, 20)}" is refused`, () => {
    assert.throws(() => parseSession(value), { code: 'ERR_RTSP_SESSION' });
  });
}

test('Session: serializes', () => {
  assert.equal(serializeSession({ id: 'a' }), 'a');
  assert.equal(serializeSession({ id: 'a', timeoutSeconds: 60 }), 'a;timeout=60');
});

for (const { name, value, want } of [
  {
    name: 'two streams (RFC 2326 §12.33)',
    value: 'url=rtsp://foo.com/bar.avi/streamid=0;seq=45102,url=rtsp://foo.com/bar.avi/streamid=1;seq=30211',
    want: [
      { url: 'rtsp://foo.com/bar.avi/streamid=0', sequenceNumber: 45_102 },
      { url: 'rtsp://foo.com/bar.avi/streamid=1', sequenceNumber: 30_211 },
    ],
  },
  {
    name: 'only the control part, space behind the comma',
    value: 'url=trackID=1;seq=4879;rtptime=1795088790, url=trackID=2;seq=1;rtptime=0',
    want: [
      { url: 'trackID=1', sequenceNumber: 4879, rtpTime: 1_795_088_790 },
      { url: 'trackID=2', sequenceNumber: 1, rtpTime: 0 },
    ],
  },
  {
    name: 'a comma and a semicolon within the URL',
    value: 'url=rtsp://a/b;x=1,2/trackID=0;seq=1',
    want: [{ url: 'rtsp://a/b;x=1,2/trackID=0', sequenceNumber: 1 }],
  },
  {
    name: 'values that make no sense',
    value: 'url=rtsp://a/b;seq=;rtptime=-1',
    want: [{ url: 'rtsp://a/b' }],
  },
  { name: 'no URL', value: 'seq=1;rtptime=2', want: [] },
]) {
  test(`RTP-Info: ${name}`, () => assert.deepEqual(parseRtpInfo(value), want));
}

test('RTP-Info: what is serialized parses back', () => {
  const entry = fc.record(
    { url: fc.webUrl(), sequenceNumber: fc.nat(0xffff), rtpTime: fc.nat(0xffff_ffff) },
    { noNullPrototype: true, requiredKeys: ['url'] },
  ) as fc.Arbitrary<RtpInfo>;
  fc.assert(
    fc.property(fc.array(entry, { minLength: 1, maxLength: 4 }), (entries) => {
      assert.deepEqual(parseRtpInfo(serializeRtpInfo(entries)), entries);
    }),
  );
});

test('Public: commas, spaces, several headers, lower case', () => {
  assert.deepEqual(
    [...parsePublic(['OPTIONS, DESCRIBE,SETUP', 'play teardown'])],
    ['OPTIONS', 'DESCRIBE', 'SETUP', 'PLAY', 'TEARDOWN'],
  );
  assert.deepEqual([...parsePublic([])], []);
});

test('keep-alive: the gentlest method on offer, well within the timeout', () => {
  assert.equal(keepAliveMethod(new Set(['OPTIONS', 'SET_PARAMETER', 'GET_PARAMETER'])), 'GET_PARAMETER');
  assert.equal(keepAliveMethod(new Set(['OPTIONS', 'SET_PARAMETER'])), 'SET_PARAMETER');
  assert.equal(keepAliveMethod(new Set()), 'OPTIONS');
  assert.equal(keepAliveIntervalMs(), 29_000);
  assert.equal(keepAliveIntervalMs(10), 4000);
  assert.equal(keepAliveIntervalMs(1), 1000);
  assert.equal(keepAliveIntervalMs(86_400), 30_000);
});
