import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EdgePace } from './edge-pace.ts';

/** Plays pictures of 40 ms that arrive evenly, from so far behind; tells where it is and its rates. */
function play(pace: EdgePace, behind: number, seconds: number): { ahead: number; rates: number[] } {
  let ahead = behind;
  const rates: number[] = [];
  for (let call = 0; call < seconds * 10; call += 1) {
    const step = pace.next({ ahead, hasStarved: ahead <= 0 });
    if (step.action === 'jump') {
      ahead = step.behind;
      continue;
    }
    rates.push(step.rate);
    ahead = Math.max(0, ahead + 0.1 - 0.1 * step.rate);
  }
  return { ahead, rates };
}

for (const { name, behind } of [
  { name: 'a little behind is caught up', behind: 0.3 },
  { name: 'far behind is jumped over', behind: 8 },
]) {
  test(`EdgePace: ${name}`, () => {
    const { ahead, rates } = play(new EdgePace(), behind, 30);
    assert.ok(ahead > 0.02 && ahead < 0.12, String(ahead));
    assert.ok(
      rates.every((rate) => rate >= 0.95 && rate <= 1.1),
      'nobody notices',
    );
    assert.equal(rates.at(-1), 1, 'and then plays as it is');
  });
}

test('EdgePace: a network that starves it is given more room, and trusted again later', () => {
  const pace = new EdgePace();
  for (let count = 0; count < 5; count += 1) pace.next({ ahead: 0, hasStarved: true });
  const careful = pace.startBehind;
  assert.ok(careful > new EdgePace().startBehind + 0.15);
  for (let count = 0; count < 3000; count += 1) pace.next({ ahead: 0.2, hasStarved: false });
  assert.equal(pace.startBehind, new EdgePace().startBehind);
});

test('EdgePace: too close to the end it slows down', () => {
  const pace = new EdgePace();
  const rates = Array.from({ length: 10 }, () => pace.next({ ahead: 0.001, hasStarved: false }));
  assert.deepEqual(rates.at(-1), { action: 'play', rate: 0.95 });
});

/** Calls, ten a second, until a player that has starved at its start is as near as one that has not. */
function callsToRecover(dip: number): number {
  const pace = new EdgePace();
  for (let count = 0; count < 6; count += 1) pace.next({ ahead: 0, hasStarved: true });
  const near = new EdgePace().startBehind + 0.06;
  let ahead = pace.startBehind;
  for (let call = 1; call < 5000; call += 1) {
    // Every third second the network holds pictures back for so long.
    const step = pace.next({ ahead: call % 30 === 0 ? ahead - dip : ahead, hasStarved: false });
    ahead = step.action === 'jump' ? step.behind : ahead + 0.1 - 0.1 * step.rate;
    if (pace.startBehind <= near) return call;
  }
  return Infinity;
}

test('EdgePace: what a busy page starved of at its start is forgotten soon, unless the network needs it', () => {
  assert.ok(callsToRecover(0) < 400, String(callsToRecover(0)));
  assert.ok(callsToRecover(0.3) > 800, String(callsToRecover(0.3)));
});

test('EdgePace: trust that was too early takes longer the next time', () => {
  const pace = new EdgePace();
  const starve = (): void => {
    for (let count = 0; count < 6; count += 1) pace.next({ ahead: 0, hasStarved: true });
  };
  const lost = (): number => {
    starve();
    const before = pace.startBehind;
    for (let count = 0; count < 150; count += 1) pace.next({ ahead: 0.4, hasStarved: false });
    return before - pace.startBehind;
  };
  const first = lost();
  assert.ok(first > 0.1, String(first));
  assert.ok(lost() < first / 2);
});
