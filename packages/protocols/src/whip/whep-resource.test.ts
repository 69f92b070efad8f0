import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ProtocolError } from '@vedette/media';
import fc from 'fast-check';
import { isIpAddress, parseIceCandidate, serializeIceCandidate } from './ice-candidate.ts';
import { parseIceFragment } from './ice-fragment.ts';
import { iceServerLinks, refuseFragment, refuseOffer } from './whep-resource.ts';

for (const { contentType, accept, want } of [
  { contentType: 'application/sdp', accept: undefined, want: undefined },
  { contentType: 'Application/SDP; charset=utf-8', accept: '*/*', want: undefined },
  { contentType: 'application/sdp', accept: 'text/html, application/*;q=0.8', want: undefined },
  { contentType: 'application/sdp', accept: 'text/html, application/sdp;q=0', want: 406 },
  { contentType: 'application/sdp', accept: 'application/json', want: 406 },
  { contentType: 'application/json', accept: undefined, want: 415 },
  { contentType: undefined, accept: undefined, want: 415 },
]) {
  test(`an offer of ${contentType ?? 'no type'} that accepts ${accept ?? 'anything'}: ${want ?? 'taken'}`, () => {
    assert.equal(refuseOffer({ contentType, accept }), want);
  });
}

for (const { contentType, ifMatch, want } of [
  { contentType: 'application/trickle-ice-sdpfrag', ifMatch: '"a"', want: undefined },
  { contentType: 'application/trickle-ice-sdpfrag', ifMatch: '"x", "a"', want: undefined },
  { contentType: 'application/trickle-ice-sdpfrag', ifMatch: undefined, want: undefined },
  { contentType: 'application/trickle-ice-sdpfrag', ifMatch: '"b"', want: 412 },
  { contentType: 'application/trickle-ice-sdpfrag', ifMatch: '*', want: 422 },
  { contentType: 'application/sdp', ifMatch: '"a"', want: 415 },
]) {
  test(`a fragment of ${contentType}, If-Match ${ifMatch ?? 'absent'}: ${want ?? 'taken'}`, () => {
    assert.equal(refuseFragment({ contentType, ifMatch, etag: '"a"' }), want);
  });
}

test('ICE servers as a Link header', () => {
  assert.equal(iceServerLinks([]), undefined);
  assert.equal(
    iceServerLinks([
      { urls: 'stun:stun.example.org' },
      { urls: 'turn:turn.example.org?transport=udp', username: 'me', credential: 'a"b\\c\r\n' },
    ]),
    '<stun:stun.example.org>; rel="ice-server", <turn:turn.example.org?transport=udp>; rel="ice-server"; ' +
      'username="me"; credential="a\\"b\\\\c"; credential-type="password"',
  );
});

for (const { name, line, want } of [
  {
    name: 'host',
    line: 'candidate:1 1 udp 2113937151 192.168.1.4 51234 typ host generation 0 network-cost 999',
    want: '1 1 UDP 2113937151 192.168.1.4 51234 typ host',
  },
  {
    name: 'server reflexive, IPv6',
    line: 'a=candidate:4057 1 UDP 1677729535 2001:db8::7 40000 typ srflx raddr 10.0.0.2 rport 40000',
    want: '4057 1 UDP 1677729535 2001:db8::7 40000 typ srflx raddr 0.0.0.0 rport 0',
  },
  { name: 'mDNS', line: 'candidate:1 1 udp 1 5b1c7f8e.local 51234 typ host', want: undefined },
  { name: 'TCP', line: 'candidate:1 1 tcp 1 10.0.0.1 9 typ host tcptype active', want: undefined },
  { name: 'no port', line: 'candidate:1 1 udp 1 10.0.0.1 0 typ host', want: undefined },
  { name: 'empty', line: '', want: undefined },
]) {
  test(`candidate: ${name}`, () => {
    const candidate = parseIceCandidate(line);
    assert.equal(candidate && serializeIceCandidate(candidate), want);
  });
}

for (const { text, want } of [
  { text: '127.0.0.1', want: true },
  { text: '256.0.0.1', want: false },
  { text: '1.2.3', want: false },
  { text: '::', want: true },
  { text: '::1', want: true },
  { text: 'fe80::1%eth0', want: false },
  { text: '2001:db8:0:0:0:0:0:1', want: true },
  { text: '2001:db8:0:0:0:0:0:0:1', want: false },
  { text: '::ffff:10.0.0.1', want: true },
  { text: '1::2::3', want: false },
  { text: ':::', want: false },
  { text: 'camera.local', want: false },
]) {
  test(`isIpAddress: ${text} is ${want ? 'one' : 'none'}`, () => assert.equal(isIpAddress(text), want));
}

test('fragment: credentials, addresses and the end of them (RFC 8840 §9)', () => {
  const fragment = parseIceFragment(
    'a=ice-ufrag:EsAw\r\na=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1\r\nm=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:0\r\n' +
      'a=candidate:1 1 UDP 2130706431 198.51.100.1 39132 typ host\r\na=end-of-candidates\r\n',
  );
  assert.equal(fragment.ufrag, 'EsAw');
  assert.equal(fragment.isEnd, true);
  assert.deepEqual(
    fragment.candidates.map(({ address, port }) => [address, port]),
    [['198.51.100.1', 39132]],
  );
});

for (const { name, text } of [
  { name: 'nothing', text: '' },
  { name: 'JSON', text: '{"candidate": "candidate:1"}' },
  { name: 'too much', text: 'a=x\r\n'.repeat(20_000) },
]) {
  test(`fragment: ${name} is none`, () => {
    assert.throws(() => parseIceFragment(text), { name: 'ProtocolError', code: 'ERR_ICE_FRAGMENT' });
  });
}

test('fragment: any text parses or throws ProtocolError, with no more candidates than the limit', () => {
  const line = fc.constantFrom(
    'a=candidate:1 1 UDP 2130706431 198.51.100.1 39132 typ host',
    'a=ice-ufrag:EsAw',
    'm=audio 9 UDP/TLS/RTP/SAVPF 0',
  );
  const text = fc.array(fc.oneof(line, fc.string()), { maxLength: 60 }).map((lines) => lines.join('\n'));
  fc.assert(
    fc.property(text, (body) => {
      try {
        assert.ok(parseIceFragment(body).candidates.length <= 32);
      } catch (error) {
        assert.ok(error instanceof ProtocolError);
      }
    }),
    { numRuns: 5000 },
  );
});
