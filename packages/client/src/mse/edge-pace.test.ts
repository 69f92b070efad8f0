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
