import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exposedListeners, withHosts } from './listen-hosts.ts';

const nobody = { http: {}, rtsp: {}, rtmp: {}, srt: {}, webrtc: {} };
const required = { ...nobody, access: { mode: 'required' } } as const;
const open = { ...nobody, access: { mode: 'open' } } as const;

for (const { name, site, host } of [
  { name: 'who comes proves who he is', site: required, host: '0.0.0.0' },
  { name: 'everybody may do everything', site: open, host: '127.0.0.1' },
] as const) {
  test(`where a listener is that was given no host: ${name}`, () => {
    const given = {
      ...site,
      rtsp: { host: '127.0.0.2' },
      srt: { port: 1 } as { port: number; host?: string },
    };
    const hosted = withHosts(given);
    assert.equal(hosted.http.host, host);
    assert.deepEqual(hosted.srt, { port: 1, host });
    assert.equal(hosted.rtsp.host, '127.0.0.2');
    assert.deepEqual(exposedListeners(hosted), []);
  });
}

test('a listener that others could reach is refused, unless they have to prove who they are', () => {
  const http = { host: '0.0.0.0' };
  const srt = { host: '192.168.0.7', enabled: true };
  const rtmp = { host: '0.0.0.0', enabled: false };
  const reached = (site: typeof open | typeof required): string[] =>
    exposedListeners({ ...site, http, srt, rtmp }).map(({ listener }) => listener);
  assert.deepEqual(reached(open), ['http', 'srt']);
  assert.deepEqual(reached(required), []);
});
