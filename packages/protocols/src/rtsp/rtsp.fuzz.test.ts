import assert from 'node:assert/strict';
import { test } from 'node:test';

import { attempt, fuzz } from '../../../media/src/testing/fuzz.ts';
import { goFuzzInputs } from '../../../media/src/testing/go-fuzz.ts';
import { sharedPath } from '../../../media/src/testing/shared.ts';
import { parseAuthorization } from './authorization.ts';
import { parseChallenges } from './challenge.ts';
import { controlBase, resolveControl } from './control-url.ts';
import { RTSP_CLIENT_LIMITS, RTSP_SERVER_LIMITS, type RtspLimits } from './limits.ts';
import { parseRange } from './range-header.ts';
import { parseRtpInfo } from './rtp-info-header.ts';
import { RtspClient } from './rtsp-client.ts';
import { RtspParser } from './rtsp-parser.ts';
import { parseRtspUrl } from './rtsp-url.ts';
import { decideSetup, refuseRequest } from './server-request.ts';
import { INITIAL_SERVER_STATE } from './server-session.ts';
import { parseSession } from './session-header.ts';
import { parseTransports } from './transport-header.ts';

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const decode = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const corpusOf = (...parts: string[]): Uint8Array[] => {
  const folder = sharedPath('vectors', 'gortsplib-fuzz', 'pkg', ...parts);
  if (folder === undefined) return [];
  return [...goFuzzInputs(folder)].flatMap(({ args }) => args);
};

/** A server that parses, judges and sets up; a client that is fed the same bytes as responses. */
function push(limits: RtspLimits, input: Uint8Array): void {
  const camera = parseRtspUrl('rtsp://u:p@10.0.0.5/cam');
  const client = new RtspClient({ url: camera, userAgent: 'x', clientNonce: 'y' });
  client.start(0);
  let frameBytes = 0;
  const parser = new RtspParser(
    {
      onFrame: (_, payload) => (frameBytes += payload.length),
      onRequest: (request) => {
        client.receiveRequest(request);
        const state = INITIAL_SERVER_STATE;
        if (refuseRequest(request, { id: undefined, state }) !== undefined) return;
        decideSetup(request, state, { media: 0, allowsUdp: true });
      },
      onResponse: (response) => {
        for (const effect of client.receive(response, 0)) {
          if (effect.type !== 'described') continue;
          client.setup(
            [{ control: 'a', transport: { profile: 'RTP/AVP', lower: 'tcp', delivery: 'unicast' } }],
            '*',
            0,
          );
        }
      },
    },
    limits,
  );
  const cut = input.length >> 1;
  parser.push(input.subarray(0, cut));
  parser.push(input.subarray(cut));
  assert.ok(frameBytes <= input.length);
}

const messages = [
  'OPTIONS rtsp://h/cam RTSP/1.0\r\nCSeq: 1\r\n\r\n',
  'SETUP rtsp://h/cam RTSP/1.0\r\nCSeq: 1\r\nTransport: RTP/AVP;unicast;client_port=1-2, RTP/AVP/TCP\r\n\r\n',
  'ANNOUNCE rtsp://h/cam RTSP/1.0\r\nCSeq: 1\r\nContent-Length: 5\r\n\r\nv=0\r\n',
  'RTSP/1.0 200 OK\r\nCSeq: 1\r\nPublic: OPTIONS\r\n\r\nRTSP/1.0 200 OK\r\nCSeq: 2\r\nContent-Base: rtsp://h/x/\r\nContent-Length: 5\r\n\r\nv=0\r\n' +
    'RTSP/1.0 200 OK\r\nCSeq: 3\r\nSession: a;timeout=5\r\nTransport: RTP/AVP/TCP;interleaved=0-1\r\n\r\n' +
    'RTSP/1.0 200 OK\r\nCSeq: 4\r\nRTP-Info: url=rtsp://h/x/a;seq=1;rtptime=2\r\n\r\n$\x00\x00\x02ab',
  'RTSP/1.0 401 Unauthorized\r\nCSeq: 1\r\nWWW-Authenticate: Digest realm="r", nonce="n"\r\n\r\n',
  'RTSP/1.0 302 Moved\r\nCSeq: 1\r\nLocation: rtsp://h2/\r\n\r\n',
  '$\x00\x00\x0a\x80\x60abcdefgh\r\n\r\n$\x01\x00\x00',
].map(encode);
const base = corpusOf('base');
fuzz('RtspParser as server', [...messages, ...base], (input) => push(RTSP_SERVER_LIMITS, input));
fuzz('RtspParser as client', [...messages, ...base], (input) => push(RTSP_CLIENT_LIMITS, input));

const camera = parseRtspUrl('rtsp://10.0.0.5/cam?x=1');
for (const [name, seeds, parse] of [
  [
    'parseTransports',
    [
      'RTP/AVP;multicast;destination=1.2.3.4;port=1-2;ttl=3',
      'RTP/AVP/TCP;interleaved=0-1;ssrc=AB;mode="PLAY",x',
    ],
    parseTransports,
  ],
  ['parseSession', ['abc;timeout=60'], parseSession],
  ['parseRange', ['npt=1:02:03.4-5', 'clock=19961108T143720.25Z-', 'smpte-25=1:2:3:4.5-'], parseRange],
  ['parseRtpInfo', ['url=rtsp://h/a;seq=1;rtptime=2,url=b'], parseRtpInfo],
  [
    'parseChallenges',
    ['Digest realm="a\\"b", nonce="c", qop="auth,auth-int", algorithm=SHA-256-sess, Basic realm=x'],
    (text: string) => parseChallenges([text]),
  ],
  [
    'parseAuthorization',
    [
      'Basic QWxhZGRpbjpvcGVu',
      'Bearer a.b',
      'Digest username="a", nonce="b", uri="c", response="d", qop=auth, nc=1',
    ],
    parseAuthorization,
  ],
  ['parseRtspUrl', ['rtsp://u:p%40@[fe80::1%25eth0]:554/a?b', 'rtsps://h'], parseRtspUrl],
  [
    'controlBase and resolveControl',
    ['rtsp://h:1/a/b?c/', '/cam/track', '?x', '*'],
    (text: string) =>
      resolveControl(camera, controlBase(camera, { contentBase: text, sessionControl: text }), text),
  ],
] as [string, string[], (text: string) => unknown][]) {
  const corpus = [...corpusOf('headers'), ...corpusOf('auth')];
  fuzz(name, [...seeds.map(encode), ...corpus], (input) => parse(decode(input)));
}

for (const [name, text, parse] of [
  ['spaces', ' '.repeat(8000), parseRange],
  ['commas', ','.repeat(8000), parseTransports],
  ['quotes', '"'.repeat(8000), (value: string) => parseChallenges([value])],
  ['slashes', `rtsp://h${'/'.repeat(4000)}x`, (value: string) => resolveControl(camera, value, `${value}a`)],
  ['url=', ', url='.repeat(1000), parseRtpInfo],
] as [string, string, (text: string) => unknown][]) {
  test(`a header of ${name} is read in linear time`, () => {
    for (let round = 0; round < 200; round += 1) attempt(name, encode(text), (input) => parse(decode(input)));
  });
}

test('corpus of gortsplib', (context) => {
  if (base.length === 0) context.diagnostic('the shared vectors are not here: generated inputs only');
});
