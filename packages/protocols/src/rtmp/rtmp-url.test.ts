import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ProtocolError } from '@vedette/media';
import { parseRtmpUrl } from './rtmp-url.ts';

for (const { url, want } of [
  { url: 'rtmp://h/live/gate', want: ['h', 1935, false, 'live', 'gate', 'rtmp://h/live'] },
  {
    url: 'rtmp://h:1936/live/gate?key=1',
    want: ['h', 1936, false, 'live', 'gate?key=1', 'rtmp://h:1936/live'],
  },
  { url: 'rtmps://h/a/b/c/d', want: ['h', 443, true, 'a/b', 'c/d', 'rtmps://h/a/b'] },
  { url: 'rtmp://h/gate', want: ['h', 1935, false, 'gate', '', 'rtmp://h/gate'] },
  { url: 'rtmp://[::1]:5/live/g', want: ['::1', 5, false, 'live', 'g', 'rtmp://[::1]:5/live'] },
]) {
  test(`parseRtmpUrl: ${url}`, () => {
    const { host, port, isSecure, app, name, tcUrl } = parseRtmpUrl(url);
    assert.deepEqual([host, port, isSecure, app, name, tcUrl], want);
  });
}

test('parseRtmpUrl does not repeat what it refuses', () => {
  for (const url of ['secret', 'http://h/secret', 'rtmp:secret', 'rtmp://u:secret@h/live/g']) {
    assert.throws(
      () => parseRtmpUrl(url),
      (error) => error instanceof ProtocolError && !error.message.includes('secret'),
    );
  }
});
