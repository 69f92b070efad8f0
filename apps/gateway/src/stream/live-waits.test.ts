import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LiveWaits } from './live-waits.ts';

const GONE = new Error('viewer left');

for (const { name, answer, want } of [
  { name: 'admitted', answer: (waits: LiveWaits) => waits.admit(), want: undefined },
  { name: 'refused', answer: (waits: LiveWaits) => waits.refuse(GONE), want: GONE },
]) {
  test(`live waits: all who wait are ${name}, and leave`, async () => {
    const sizes: number[] = [];
    const waits: LiveWaits = new LiveWaits(() => sizes.push(waits.size));
    const { signal } = new AbortController();
    const outcomes = [waits.join(signal), waits.join(signal)].map((join) =>
      join.catch((error: unknown) => error),
    );
    answer(waits);
    assert.deepEqual(await Promise.all(outcomes), [want, want]);
    assert.deepEqual(sizes, [1, 2, 1, 0]);
  });
}

test('live waits: whose signal aborts, before or later, leaves alone', async () => {
  const waits = new LiveWaits(() => undefined);
  const leaving = new AbortController();
  const left = waits.join(leaving.signal);
  const stays = waits.join(new AbortController().signal);
  leaving.abort(GONE);
  await assert.rejects(left, GONE);
  await assert.rejects(waits.join(AbortSignal.abort()), { name: 'AbortError' });
  assert.equal(waits.size, 1);
  waits.admit();
  await stays;
});

test('live waits: being asked for may be what makes it live', async () => {
  const waits: LiveWaits = new LiveWaits(() => waits.admit());
  await waits.join(new AbortController().signal);
  assert.equal(waits.size, 0);
});
