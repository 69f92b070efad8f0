import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PUSH_TRIGGERS, type PushFacts } from './push-triggers.ts';

const facts = (changes: Partial<PushFacts> = {}): PushFacts => ({
  isLive: true,
  isOnDemand: false,
  viewers: 0,
  ...changes,
});

for (const { when, given, want } of [
  { when: 'always', given: facts({ isLive: false, isOnDemand: true }), want: undefined },
  { when: 'live', given: facts(), want: undefined },
  { when: 'live', given: facts({ isLive: false }), want: 'camera' },
  { when: 'live', given: facts({ isOnDemand: true }), want: 'viewers' },
  { when: 'live', given: facts({ isOnDemand: true, viewers: 1 }), want: undefined },
  { when: 'live', given: facts({ isOnDemand: true, viewers: 1, isLive: false }), want: 'camera' },
  { when: 'viewers', given: facts(), want: 'viewers' },
  { when: 'viewers', given: facts({ viewers: 2 }), want: undefined },
  { when: 'api', given: facts({ isLive: false }), want: undefined },
] as const) {
  test(`${when} with ${JSON.stringify(given)}: ${want ?? 'runs'}`, () =>
    assert.equal(PUSH_TRIGGERS[when](given), want));
}
