import { ProtocolError } from '@vedette/media';
import fc from 'fast-check';
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { serializeInterleavedFrame } from './interleaved-frame.ts';
import { RTSP_CLIENT_LIMITS, RTSP_SERVER_LIMITS, type RtspLimits } from './limits.ts';
import { RtspHeaders } from './rtsp-headers.ts';
import { serializeRtspRequest, serializeRtspResponse } from './rtsp-message.ts';
import { RtspParser } from './rtsp-parser.ts';

type Found =
  | { type: 'frame'; channel: number; payload: number[] }
  | { type: 'request'; method: string; url: string; headers: [string, string][]; body: string }
  | { type: 'response'; status: number; reason: string; headers: [string, string][]; body: string };

const text = (bytes: Uint8Array): string => new TextDecoder('latin1').decode(bytes);
const latin1 = (string: string): Uint8Array => Uint8Array.from(string, (char) => char.charCodeAt(0));
const pairs = (headers: RtspHeaders): [string, string][] =>
  [...headers].map(([name, value]) => [name, value]);

function collect(limits?: RtspLimits): { parser: RtspParser; found: Found[] } {
  const found: Found[] = [];
  const parser = new RtspParser(
    {
      onFrame: (channel, payload) => found.push({ type: 'frame', channel, payload: [...payload] }),
      onRequest: ({ method, url, headers, body }) =>
        found.push({ type: 'request', method, url, headers: pairs(headers), body: text(body) }),
      onResponse: ({ status, reason, headers, body }) =>
        found.push({ type: 'response', status, reason, headers: pairs(headers), body: text(body) }),
    },
    limits,
  );
  return { parser, found };
}

/** Parses in one piece and byte by byte, which must give the same. */
function parse(bytes: Uint8Array, limits?: RtspLimits): Found[] {
  const whole = collect(limits);
  whole.parser.push(bytes);
  const single = collect(limits);
  for (const byte of bytes) single.parser.push(Uint8Array.of(byte));
  assert.deepEqual(single.found, whole.found, 'byte by byte gives the same');
  return whole.found;
}

const rtp = [0x80, 0x60, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0x65];

for (const { name, bytes, want } of [
  {
    name: 'a request as ffmpeg sends it',
    bytes: 'OPTIONS rtsp://10.0.0.5:554/cam RTSP/1.0\r\nCSeq: 1\r\nUser-Agent: Lavf60.16.100\r\n\r\n',
    want: {
      type: 'request',
      method: 'OPTIONS',
      url: 'rtsp://10.0.0.5:554/cam',
      headers: [
        ['CSeq', '1'],
        ['User-Agent', 'Lavf60.16.100'],
      ],
      body: '',
    },
  },
  {
    name: 'a response with a body (Hikvision: Content-Base, odd spacing)',
    bytes:
      'RTSP/1.0 200 OK\r\nCSeq:  3\r\nContent-Type:application/sdp\r\nContent-Base: rtsp://10.0.0.5/Streaming/\r\nContent-Length: 5\r\n\r\nv=0\r\n',
    want: {
      type: 'response',
      status: 200,
      reason: 'OK',
      headers: [
        ['CSeq', '3'],
        ['Content-Type', 'application/sdp'],
        ['Content-Base', 'rtsp://10.0.0.5/Streaming/'],
        ['Content-Length', '5'],
      ],
      body: 'v=0\r\n',
    },
  },
  {
    name: 'lines that end in LF alone and lower-case header names (old Foscam)',
    bytes: 'RTSP/1.0 200 OK\ncseq: 2\npublic: DESCRIBE, PLAY\n\n',
    want: {
      type: 'response',
      status: 200,
      reason: 'OK',
      headers: [
        ['CSeq', '2'],
        ['Public', 'DESCRIBE, PLAY'],
      ],
      body: '',
    },
  },
  {
    name: 'a status line without a phrase',
    bytes: 'RTSP/1.0 404\r\nCSeq: 2\r\n\r\n',
    want: { type: 'response', status: 404, reason: '', headers: [['CSeq', '2']], body: '' },
  },
  {
    name: 'a folded header (RFC 2326 §4.2)',
    bytes: 'PLAY rtsp://a/b RTSP/1.0\r\nCSeq: 4\r\nRange: npt=0-;\r\n  time=x\r\n\r\n',
    want: {
      type: 'request',
      method: 'PLAY',
      url: 'rtsp://a/b',
      headers: [
        ['CSeq', '4'],
        ['Range', 'npt=0-; time=x'],
      ],
      body: '',
    },
  },
  {
    name: 'a URL with spaces (NVRs that do not escape theirs)',
    bytes: 'DESCRIBE rtsp://a/front door RTSP/1.0\r\nCSeq: 4\r\n\r\n',
    want: {
      type: 'request',
      method: 'DESCRIBE',
      url: 'rtsp://a/front door',
      headers: [['CSeq', '4']],
      body: '',
    },
  },
  {
    name: 'a header that comes twice',
    bytes:
      'RTSP/1.0 401 Unauthorized\r\nWWW-Authenticate: Digest realm="a", nonce="b"\r\nWWW-Authenticate: Basic realm="a"\r\n\r\n',
    want: {
      type: 'response',
      status: 401,
      reason: 'Unauthorized',
      headers: [
        ['WWW-Authenticate', 'Digest realm="a", nonce="b"'],
        ['WWW-Authenticate', 'Basic realm="a"'],
      ],
      body: '',
    },
  },
]) {
  test(`RtspParser: ${name}`, () => assert.deepEqual(parse(latin1(bytes)), [want]));
}

test('RtspParser: messages and frames in any order, empty lines between them', () => {
  const bytes = Uint8Array.from([
    ...latin1('\r\nRTSP/1.0 200 OK\r\nCSeq: 1\r\n\r\n'),
    ...serializeInterleavedFrame(0, Uint8Array.from(rtp)),
    ...serializeInterleavedFrame(1, Uint8Array.of()),
    ...latin1('\r\n\r\nOPTIONS * RTSP/1.0\r\nCSeq: 9\r\n\r\n'),
    ...serializeInterleavedFrame(255, Uint8Array.of(0x24, 0x24)),
  ]);
  assert.deepEqual(
    parse(bytes).map((found) =>
      found.type === 'frame' ? [found.channel, found.payload.length] : found.type,
    ),
    ['response', [0, rtp.length], [1, 0], 'request', [255, 2]],
  );
});

test('RtspParser: a frame is a view of its chunk, one that spans chunks is copied once', () => {
  const payloads: Uint8Array[] = [];
  const parser = new RtspParser({
    onFrame: (_, payload) => payloads.push(payload),
    onRequest: () => undefined,
    onResponse: () => undefined,
  });
  const bytes = Uint8Array.from([...serializeInterleavedFrame(0, Uint8Array.from(rtp))]);
  parser.push(bytes);
  assert.equal(payloads[0]?.buffer, bytes.buffer);
  parser.push(bytes.subarray(0, 2));
  parser.push(bytes.slice(2)); // only the header was cut: the payload is still a view
  assert.equal(payloads[1]?.byteLength, rtp.length);
  assert.equal(payloads[1].buffer.byteLength, bytes.length - 2);
  assert.equal(parser.isInsideMessage, false);
  parser.push(bytes.subarray(0, 7));
  assert.equal(parser.isInsideMessage, true);
  parser.push(bytes.subarray(7));
  assert.deepEqual([...(payloads[2] ?? [])], rtp);
  assert.equal(payloads[2]?.buffer.byteLength, rtp.length);
});

for (const { name, garbage } of [
  { name: 'zero padding behind a frame', garbage: [0, 0, 0, 0] },
  { name: 'letters', garbage: [...latin1('garbage')] },
  { name: 'a line of text', garbage: [...latin1('hello there\r\n')] },
  { name: 'a false dollar', garbage: [0xff, 0x24, 0x00, 0x00, 0x01, 0x24, 0x00] },
  { name: 'one byte', garbage: [0xff] },
]) {
  test(`RtspParser: a client skips ${name} and finds the next frame or response`, () => {
    const frame = serializeInterleavedFrame(2, Uint8Array.from(rtp));
    const response = latin1('RTSP/1.0 200 OK\r\nCSeq: 7\r\n\r\n');
    const bytes = Uint8Array.from([...frame, ...garbage, ...frame, ...garbage, ...response, ...frame]);
    const found = parse(bytes, RTSP_CLIENT_LIMITS);
    assert.deepEqual(
      found.map(({ type }) => type),
      ['frame', 'frame', 'response', 'frame'],
    );
    assert.deepEqual(found[1], { type: 'frame', channel: 2, payload: rtp });
  });
}

test('RtspParser: skipping ends at the limit', () => {
  const { parser } = collect({ ...RTSP_CLIENT_LIMITS, garbageBytes: 100 });
  parser.push(new Uint8Array(60));
  assert.throws(() => parser.push(new Uint8Array(60)), { code: 'ERR_RTSP_GARBAGE' });
  assert.ok(parser.skippedBytes > 100);
});

const limits = {
  ...RTSP_SERVER_LIMITS,
  lineBytes: 40,
  headerBytes: 100,
  headerCount: 3,
  bodyBytes: 10,
  frameBytes: 50,
};
for (const { name, bytes, code } of [
  { name: 'garbage on a server', bytes: '\x01\x02', code: 'ERR_RTSP_GARBAGE' },
  { name: 'text on a server', bytes: 'hello\r\n', code: 'ERR_RTSP_GARBAGE' },
  { name: 'a TLS greeting on the plain port', bytes: '\x16\x03\x01\x02\x00', code: 'ERR_RTSP_TLS_PEER' },
  { name: 'a browser', bytes: 'GET / HTTP/1.1\r\n', code: 'ERR_RTSP_HTTP_PEER' },
  { name: 'a web server', bytes: 'HTTP/1.1 400 Bad Request\r\n', code: 'ERR_RTSP_HTTP_PEER' },
  { name: 'a long line', bytes: `OPTIONS ${'x'.repeat(40)}`, code: 'ERR_RTSP_LINE_TOO_LONG' },
  {
    name: 'long headers',
    bytes: `OPTIONS * RTSP/1.0\r\n${`a: ${'x'.repeat(35)}\r\n`.repeat(3)}\r\n`,
    code: 'ERR_RTSP_HEAD_TOO_LONG',
  },
  {
    name: 'many headers',
    bytes: `OPTIONS * RTSP/1.0\r\n${'a: b\r\n'.repeat(4)}\r\n`,
    code: 'ERR_RTSP_TOO_MANY_HEADERS',
  },
  { name: 'a header without colon', bytes: 'OPTIONS * RTSP/1.0\r\nCSeq 1\r\n\r\n', code: 'ERR_RTSP_HEADER' },
  { name: 'a header without name', bytes: 'OPTIONS * RTSP/1.0\r\n: 1\r\n\r\n', code: 'ERR_RTSP_HEADER' },
  {
    name: 'a huge body',
    bytes: 'OPTIONS * RTSP/1.0\r\nContent-Length: 999999999\r\n\r\n',
    code: 'ERR_RTSP_BODY_TOO_LONG',
  },
  {
    name: 'a negative body',
    bytes: 'OPTIONS * RTSP/1.0\r\nContent-Length: -1\r\n\r\n',
    code: 'ERR_RTSP_CONTENT_LENGTH',
  },
  {
    name: 'an empty Content-Length',
    bytes: 'OPTIONS * RTSP/1.0\r\nContent-Length:\r\n\r\n',
    code: 'ERR_RTSP_CONTENT_LENGTH',
  },
  {
    name: 'two body lengths (request smuggling)',
    bytes: 'OPTIONS * RTSP/1.0\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n',
    code: 'ERR_RTSP_CONTENT_LENGTH',
  },
  { name: 'a long frame', bytes: '$\x00\x00\x33', code: 'ERR_RTSP_FRAME_TOO_LONG' },
]) {
  test(`RtspParser: ${name} is refused with ${code}`, () => {
    assert.throws(() => collect(limits).parser.push(latin1(bytes)), { name: 'ProtocolError', code });
    assert.throws(
      () => {
        const { parser } = collect(limits);
        for (const byte of latin1(bytes)) parser.push(Uint8Array.of(byte));
      },
      { name: 'ProtocolError', code },
    );
  });
}

const token = fc.stringMatching(/^[A-Z][A-Z_]{1,12}$/);
const headerName = fc.stringMatching(/^[a-z]{1,8}(-[a-z]{1,8})?$/);
const headerValue = fc.stringMatching(/^[!-~]([ -~]{0,30}[!-~])?$/);
const headers = fc.dictionary(headerName, headerValue, { maxKeys: 8 });
const body = fc.uint8Array({ maxLength: 200 });
const message = fc.oneof(
  fc.record({ method: token, url: fc.webUrl(), headers, body }).map(({ method, url, ...rest }) => {
    const head = RtspHeaders.of(rest.headers);
    return serializeRtspRequest({ method, url, headers: head, body: rest.body });
  }),
  fc
    .record({ status: fc.integer({ min: 100, max: 999 }), reason: headerValue, headers, body })
    .map(({ status, reason, ...rest }) =>
      serializeRtspResponse({ status, reason, headers: RtspHeaders.of(rest.headers), body: rest.body }),
    ),
  fc
    .record({ channel: fc.nat(255), payload: fc.uint8Array({ maxLength: 2000 }) })
    .map(({ channel, payload }) => serializeInterleavedFrame(channel, payload)),
);

test('RtspParser: what is serialized parses back, however it is cut into chunks', () => {
  fc.assert(
    fc.property(
      fc.array(message, { maxLength: 8 }),
      fc.array(fc.nat(500), { maxLength: 20 }),
      (messages, cuts) => {
        const whole = collect();
        for (const bytes of messages) whole.parser.push(bytes);
        assert.equal(whole.found.length, messages.length);

        const stream = Uint8Array.from(messages.flatMap((bytes) => [...bytes]));
        const cut = collect();
        let at = 0;
        for (const length of cuts) {
          cut.parser.push(stream.subarray(at, at + length));
          at += length;
        }
        cut.parser.push(stream.subarray(at));
        assert.deepEqual(cut.found, whole.found);
      },
    ),
    { numRuns: 300 },
  );
});

test('RtspParser: any bytes parse or throw ProtocolError, nothing else', () => {
  const piece = fc.oneof(fc.uint8Array({ maxLength: 40 }), message);
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 6 }), fc.boolean(), (pieces, isClient) => {
      const { parser } = collect(isClient ? RTSP_CLIENT_LIMITS : RTSP_SERVER_LIMITS);
      try {
        for (const bytes of pieces) parser.push(bytes);
      } catch (error) {
        assert.ok(error instanceof ProtocolError, String(error));
      }
    }),
    { numRuns: 2000 },
  );
});
