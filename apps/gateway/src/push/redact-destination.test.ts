import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hideSecrets, redactDestination } from './redact-destination.ts';

for (const { address, want } of [
  { address: 'rtmp://a.example.org/live2/abcd-efgh', want: 'rtmp://a.example.org/live2/…' },
  { address: 'rtmp://a.example.org/live2/abcd?backup=1', want: 'rtmp://a.example.org/live2/…' },
  { address: 'rtmps://user:p@ss@a.example.org:443/app/key/', want: 'rtmps://a.example.org:443/app/…' },
  { address: 'RTMP://a.example.org/key', want: 'RTMP://a.example.org/…' },
  {
    address: 'srt://host:8890?streamid=publish:gate:u:secret&passphrase=0123456789',
    want: 'srt://host:8890',
  },
  { address: 'rtsp://u:p@host:554/gate?token=secret', want: 'rtsp://host:554/gate' },
  { address: 'rtsp://[fd00::1]/gate#x', want: 'rtsp://[fd00::1]/gate' },
  { address: 'https://ingest.example.org/secret/publish?a=b', want: 'https://ingest.example.org/…' },
  { address: 'whip+https://token@ingest.example.org/secret/whip', want: 'whip+https://ingest.example.org/…' },
  { address: 'no address at all', want: '…' },
]) {
  test(`redactDestination: ${want} of ${address.slice(0, 24)}`, () =>
    assert.equal(redactDestination(address), want));
}

for (const { address, text, want } of [
  {
    address: 'rtmp://host/app/abcd-efgh?backup=1',
    text: 'Stream key abcd-efgh is not valid for app',
    want: 'Stream key … is not valid for app',
  },
  {
    address: 'srt://host:1?streamid=publish:gate&passphrase=0123%20456789',
    text: 'wrong: 0123 456789 or 0123%20456789',
    want: 'wrong: … or …',
  },
  { address: 'rtsp://user:pa$$word@host/gate', text: 'user pa$$word at /gate', want: 'user … at /gate' },
  {
    address: 'whip+https://sesame%20open@host/stream-key?token=other',
    text: 'sesame open, sesame%20open, stream-key, other',
    want: '…, …, …, …',
  },
  { address: 'rtsp://host/gate', text: 'no such path /gate', want: 'no such path /gate' },
]) {
  test(`hideSecrets: ${want}`, () => assert.equal(hideSecrets(text, address), want));
}
