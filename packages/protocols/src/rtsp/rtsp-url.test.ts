import fc from 'fast-check';
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { controlBase, resolveControl } from './control-url.ts';
import { formatRtspUrl, parseRtspUrl } from './rtsp-url.ts';

const plain = { isSecure: false, port: 554, user: undefined, password: undefined };

for (const { text, want, formatted = text } of [
  { text: 'rtsp://10.0.0.5/stream1', want: { ...plain, host: '10.0.0.5', target: '/stream1' } },
  {
    text: 'RTSP://cam.local:8554',
    want: { ...plain, host: 'cam.local', port: 8554, target: '' },
    formatted: 'rtsp://cam.local:8554',
  },
  {
    text: 'rtsps://[fe80::1]:322/a',
    want: { ...plain, isSecure: true, host: 'fe80::1', port: 322, target: '/a' },
    formatted: 'rtsps://[fe80::1]/a',
  },
  {
    text: ' rtsp://user:p%40ss@host:554/path?query ',
    want: { ...plain, host: 'host', user: 'user', password: 'p@ss', target: '/path?query' },
    formatted: 'rtsp://host/path?query',
  },
  {
    text: 'rtsp://admin:p@ss:#1@10.0.0.5/cam/realmonitor?channel=1&subtype=0',
    want: {
      ...plain,
      host: '10.0.0.5',
      user: 'admin',
      password: 'p@ss:#1',
      target: '/cam/realmonitor?channel=1&subtype=0',
    },
    formatted: 'rtsp://10.0.0.5/cam/realmonitor?channel=1&subtype=0',
  },
  {
    text: 'rtsp://admin:100%@10.0.0.5//stream',
    want: { ...plain, host: '10.0.0.5', user: 'admin', password: '100%', target: '//stream' },
    formatted: 'rtsp://10.0.0.5//stream',
  },
  {
    text: 'rtsp://admin:@10.0.0.5/',
    want: { ...plain, host: '10.0.0.5', user: 'admin', password: '', target: '/' },
    formatted: 'rtsp://10.0.0.5/',
  },
  {
    text: 'rtsp://10.0.0.5/caméra 1',
    want: { ...plain, host: '10.0.0.5', target: '/cam%C3%A9ra%201' },
    formatted: 'rtsp://10.0.0.5/cam%C3%A9ra%201',
  },
  { text: 'rtsp://10.0.0.5?ch=1', want: { ...plain, host: '10.0.0.5', target: '?ch=1' } },
]) {
  test(`parseRtspUrl: ${text}`, () => {
    assert.deepEqual(parseRtspUrl(text), want);
    assert.equal(formatRtspUrl(parseRtspUrl(text)), formatted);
  });
}

for (const text of [
  ...[
    '',
    'http://a/b',
    'rtsp:/a',
    'rtsp://',
    'rtsp:///path',
    'rtsp://host:0/',
    'rtsp://host:65536/',
    'rtsp://a b/',
  ],
  ...['rtsp://host/a\r\nCSeq: 2', 'rtsp://user:secret@/x', 'rtsp://[::1/x', `rtsp://a/${'x'.repeat(5000)}`],
]) {
  test(`parseRtspUrl: ${JSON.stringify(text.slice(0, 40))} is refused without repeating it`, () => {
    assert.throws(
      () => parseRtspUrl(text),
      (error: Error) => 'code' in error && error.code === 'ERR_RTSP_URL' && !error.message.includes('secret'),
    );
  });
}

test('parseRtspUrl: credentials survive percent-encoding', () => {
  const word = fc.string({ unit: 'grapheme', minLength: 1 }).filter((text) => text.isWellFormed());
  fc.assert(
    fc.property(word, word, (user, password) => {
      const url = parseRtspUrl(
        `rtsp://${encodeURIComponent(user)}:${encodeURIComponent(password)}@host/path`,
      );
      assert.deepEqual([url.user, url.password, url.host], [user, password, 'host']);
    }),
  );
});

const camera = parseRtspUrl('rtsp://user:pass@10.0.0.5:8554/cam?ch=1');

for (const { name, response, want } of [
  { name: 'nothing said: the request URL', response: {}, want: 'rtsp://10.0.0.5:8554/cam?ch=1' },
  {
    name: 'Content-Base',
    response: { contentBase: 'rtsp://10.0.0.5:8554/cam/' },
    want: 'rtsp://10.0.0.5:8554/cam/',
  },
  {
    name: 'Content-Base that names an address behind NAT',
    response: { contentBase: 'rtsp://192.168.1.64:554/cam/' },
    want: 'rtsp://10.0.0.5:8554/cam/',
  },
  {
    name: 'Content-Base that is only a path',
    response: { contentBase: '/other/' },
    want: 'rtsp://10.0.0.5:8554/other/',
  },
  {
    name: 'Content-Location',
    response: { contentLocation: 'rtsp://10.0.0.5:8554/loc/' },
    want: 'rtsp://10.0.0.5:8554/loc/',
  },
  {
    name: 'an absolute control of the session goes first',
    response: { sessionControl: 'rtsp://0.0.0.0/aggregate', contentBase: 'rtsp://10.0.0.5/x/' },
    want: 'rtsp://10.0.0.5:8554/aggregate',
  },
  {
    name: 'a control of the session that is "*" says nothing',
    response: { sessionControl: '*', contentBase: 'rtsp://10.0.0.5/x/' },
    want: 'rtsp://10.0.0.5:8554/x/',
  },
]) {
  test(`controlBase: ${name}`, () => assert.equal(controlBase(camera, response), want));
}

const host = 'rtsp://10.0.0.5:8554';
for (const { name, base, control, want } of [
  { name: 'missing', base: `${host}/cam`, control: undefined, want: `${host}/cam` },
  { name: '*', base: `${host}/cam`, control: '*', want: `${host}/cam` },
  {
    name: 'relative, base with slash',
    base: `${host}/cam/`,
    control: 'trackID=0',
    want: `${host}/cam/trackID=0`,
  },
  {
    name: 'relative, base without slash',
    base: `${host}/cam`,
    control: 'trackID=0',
    want: `${host}/cam/trackID=0`,
  },
  {
    name: 'base with a query (Dahua)',
    base: `${host}/cam/realmonitor?channel=1&subtype=0/`,
    control: 'trackID=0',
    want: `${host}/cam/realmonitor?channel=1&subtype=0/trackID=0`,
  },
  {
    name: 'base with a query and no slash',
    base: `${host}/cam?ch=1`,
    control: 'trackID=0',
    want: `${host}/cam?ch=1/trackID=0`,
  },
  { name: 'query only', base: `${host}/cam`, control: '?ctype=video', want: `${host}/cam?ctype=video` },
  {
    name: 'absolute (Axis), with query',
    base: `${host}/axis-media/media.amp/`,
    control: 'rtsp://10.0.0.5/axis-media/media.amp/trackID=1?videocodec=h264',
    want: `${host}/axis-media/media.amp/trackID=1?videocodec=h264`,
  },
  {
    name: 'absolute with another host',
    base: `${host}/cam/`,
    control: 'rtsp://192.168.0.2:554/cam/track1',
    want: `${host}/cam/track1`,
  },
  { name: 'a leading slash', base: `${host}/cam`, control: '/trackID=1', want: `${host}/cam/trackID=1` },
  {
    name: 'the path repeated, with slash',
    base: `${host}/live/ch0/`,
    control: '/live/ch0/trackID=1',
    want: `${host}/live/ch0/trackID=1`,
  },
  {
    name: 'the path repeated, without slash',
    base: `${host}/live/ch0`,
    control: 'live/ch0/trackID=1',
    want: `${host}/live/ch0/trackID=1`,
  },
  {
    name: 'a path that only begins alike',
    base: `${host}/live`,
    control: 'live2/trackID=1',
    want: `${host}/live/live2/trackID=1`,
  },
  { name: 'no path at all', base: host, control: 'track1', want: `${host}/track1` },
]) {
  test(`resolveControl: ${name}`, () => assert.equal(resolveControl(camera, base, control), want));
}
