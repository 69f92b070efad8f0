import assert from 'node:assert/strict';
import { test } from 'node:test';

import { RtspHeaders } from './rtsp-headers.ts';
import { rtspResponse, serializeRtspRequest, serializeRtspResponse } from './rtsp-message.ts';

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const empty = new Uint8Array(0);

test('RtspHeaders: names compare without case, keep their order, may repeat', () => {
  const headers = RtspHeaders.of({ cseq: '1', 'WWW-AUTHENTICATE': ['a', 'b'], session: undefined });
  headers.append('content-base', 'x');
  headers.set('CSEQ', '2');
  assert.equal(headers.get('CSeq'), '2');
  assert.equal(headers.get('Session'), undefined);
  assert.equal(headers.has('Content-Base'), true);
  assert.deepEqual(headers.getAll('www-authenticate'), ['a', 'b']);
  assert.deepEqual(
    [...headers].map((pair) => pair.join(': ')),
    ['CSeq: 2', 'WWW-Authenticate: a', 'WWW-Authenticate: b', 'Content-Base: x'],
  );
});

test('requests and responses serialize, Content-Length follows from the body', () => {
  const headers = RtspHeaders.of({ CSeq: '1', 'Content-Length': '99' });
  assert.equal(
    text(
      serializeRtspRequest({ method: 'ANNOUNCE', url: 'rtsp://a/b', headers, body: Uint8Array.of(65, 66) }),
    ),
    'ANNOUNCE rtsp://a/b RTSP/1.0\r\nCSeq: 1\r\nContent-Length: 2\r\n\r\nAB',
  );
  assert.equal(
    text(serializeRtspResponse(rtspResponse({ headers }, 454, { Session: 'x', Range: undefined }))),
    'RTSP/1.0 454 Session Not Found\r\nCSeq: 1\r\nSession: x\r\n\r\n',
  );
});

for (const value of ['a\r\nInjected: 1', 'a\nb', 'a\0b']) {
  test(`a line break in a header is refused: ${JSON.stringify(value)}`, () => {
    const headers = RtspHeaders.of({ Session: value });
    assert.throws(() => serializeRtspRequest({ method: 'PLAY', url: 'rtsp://a', headers, body: empty }), {
      code: 'ERR_RTSP_LINE_BREAK',
    });
    assert.throws(
      () => serializeRtspRequest({ method: 'PLAY', url: value, headers: new RtspHeaders(), body: empty }),
      { code: 'ERR_RTSP_LINE_BREAK' },
    );
  });
}
