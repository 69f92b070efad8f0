import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseOutsidePermissions } from './outside-permissions.ts';

for (const { name, claim, want } of [
  {
    name: 'read of one path',
    claim: [{ action: 'read', path: 'gate' }],
    want: [{ action: 'view', camera: 'gate' }],
  },
  { name: 'an empty path', claim: [{ action: 'publish', path: '' }], want: [{ action: 'publish' }] },
  { name: 'no path', claim: [{ action: 'playback' }], want: [{ action: 'playback' }] },
  {
    name: 'a regular expression',
    claim: [{ action: 'read', path: '~^cam' }],
    want: [{ action: 'view', camera: /^cam/ }],
  },
  {
    name: 'our own words',
    claim: [{ action: 'ptz', path: 'gate' }],
    want: [{ action: 'ptz', camera: 'gate' }],
  },
  {
    name: 'a path below live',
    claim: [{ action: 'read', path: '/live/gate' }],
    want: [{ action: 'view', camera: 'gate' }],
  },
  {
    name: 'JSON text',
    claim: '[{"action":"read","path":"gate"}]',
    want: [{ action: 'view', camera: 'gate' }],
  },
  {
    name: 'what is not about a camera, or no permission',
    claim: [
      { action: 'api' },
      { action: 'toString' },
      { action: 1 },
      null,
      'read',
      { path: 'x' },
      { action: 'read', path: 5 },
    ],
    want: [],
  },
  { name: 'a regular expression that is refused', claim: [{ action: 'read', path: '~(a+)+$' }], want: [] },
  { name: 'no list', claim: { action: 'read' }, want: [] },
  { name: 'broken JSON', claim: '[{', want: [] },
  { name: 'nothing', claim: undefined, want: [] },
]) {
  test(`permissions of a claim: ${name}`, () => {
    assert.deepEqual(parseOutsidePermissions(claim), want);
  });
}
