import type { Grant, Hours } from '@vedette/contract';
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isWithin, mayPerson, type Membership } from './permissions.ts';

const none: Membership = { groupsOf: () => new Set(), zonesOf: () => new Set() };
const doors: Membership = {
  groupsOf: (id) => new Set(id === 'gate' ? ['doors'] : []),
  zonesOf: (id) => new Set(id === 'yard' ? ['outside'] : []),
};
const NOON = Date.UTC(2030, 0, 7, 12); // a Monday

describe('what a person may do', () => {
  const view = (target: Grant['target']): Grant[] => [{ target, actions: ['view'] }];
  for (const [what, person, action, camera, expected] of [
    ['a user without grants', { role: 'user', grants: [] }, 'view', 'gate', false],
    ['an operator, any camera', { role: 'operator', grants: [] }, 'view', 'gate', true],
    ['an operator, settings', { role: 'operator', grants: [] }, 'configure', undefined, false],
    ['an administrator, settings', { role: 'admin', grants: [] }, 'configure', undefined, true],
    ['his camera', { role: 'user', grants: view({ kind: 'camera', id: 'gate' }) }, 'view', 'gate', true],
    ['another camera', { role: 'user', grants: view({ kind: 'camera', id: 'gate' }) }, 'view', 'yard', false],
    ['another action', { role: 'user', grants: view({ kind: 'camera', id: 'gate' }) }, 'ptz', 'gate', false],
    ['by group', { role: 'user', grants: view({ kind: 'group', id: 'doors' }) }, 'view', 'gate', true],
    [
      'not in the group',
      { role: 'user', grants: view({ kind: 'group', id: 'doors' }) },
      'view',
      'yard',
      false,
    ],
    ['by zone', { role: 'user', grants: view({ kind: 'zone', id: 'outside' }) }, 'view', 'yard', true],
    ['all cameras', { role: 'user', grants: view({ kind: 'all' }) }, 'view', 'yard', true],
    ['no camera named', { role: 'user', grants: view({ kind: 'all' }) }, 'view', undefined, false],
  ] as const) {
    test(`${what}: ${expected ? 'yes' : 'no'}`, () => {
      assert.equal(mayPerson(person, action, camera, doors, NOON), expected);
    });
  }

  test('a grant holds in its hours only', () => {
    const hours: Hours = { from: '08:00', to: '12:00', timeZone: 'UTC' };
    const person = {
      role: 'user' as const,
      grants: [{ target: { kind: 'all' as const }, actions: ['view' as const], hours }],
    };
    assert.equal(mayPerson(person, 'view', 'gate', none, NOON - 1), true);
    assert.equal(mayPerson(person, 'view', 'gate', none, NOON), false);
  });
});

describe('hours', () => {
  const at = (iso: string): number => Date.parse(iso);
  for (const [what, hours, moment, expected] of [
    ['begin', { from: '08:00', to: '18:00', timeZone: 'UTC' }, '2030-01-07T08:00:00Z', true],
    ['before', { from: '08:00', to: '18:00', timeZone: 'UTC' }, '2030-01-07T07:59:59Z', false],
    ['zone', { from: '08:00', to: '18:00', timeZone: 'Asia/Ho_Chi_Minh' }, '2030-01-07T01:30:00Z', true],
    ['over midnight', { from: '22:00', to: '06:00', timeZone: 'UTC' }, '2030-01-07T05:59:00Z', true],
    ['whole day', { from: '00:00', to: '00:00', timeZone: 'UTC' }, '2030-01-07T15:00:00Z', true],
    ['the day', { from: '08:00', to: '18:00', timeZone: 'UTC', days: [1] }, '2030-01-07T09:00:00Z', true],
    [
      'another day',
      { from: '08:00', to: '18:00', timeZone: 'UTC', days: [2] },
      '2030-01-07T09:00:00Z',
      false,
    ],
    [
      'the night of Sunday, on Monday morning',
      { from: '22:00', to: '06:00', timeZone: 'UTC', days: [7] },
      '2030-01-07T05:00:00Z',
      true,
    ],
    [
      'the night of Monday, on Monday morning',
      { from: '22:00', to: '06:00', timeZone: 'UTC', days: [1] },
      '2030-01-07T05:00:00Z',
      false,
    ],
  ] as [string, Hours, string, boolean][]) {
    test(`${what}: ${expected ? 'within' : 'outside'}`, () => {
      assert.equal(isWithin(hours, at(moment)), expected);
    });
  }
});
