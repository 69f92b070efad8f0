import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { type Lane, WorkLanes } from './work-lanes.ts';

/** Works that end when they are told to. */
class Works {
  readonly lanes = new WorkLanes({ running: 2, waiting: 3 });
  readonly begun: string[] = [];
  readonly #ends = new Map<string, () => void>();

  start(lane: Lane, name: string): Promise<string | undefined> {
    return this.lanes.run(lane, async () => {
      this.begun.push(name);
      const end = Promise.withResolvers<undefined>();
      this.#ends.set(name, () => end.resolve(undefined));
      await end.promise;
      return name;
    });
  }

  end(name: string): void {
    this.#ends.get(name)?.();
  }
}

test('strangers have one place of two, whoever comes first', async () => {
  const works = new Works();
  const first = works.start('stranger', 's1');
  const second = works.start('stranger', 's2');
  const known = works.start('known', 'k1');
  await turn();
  assert.deepEqual(works.begun, ['s1', 'k1']);
  works.end('s1');
  assert.equal(await first, 's1');
  // After a rest, which is as long as the work was.
  while (!works.begun.includes('s2')) await turn();
  works.end('s2');
  works.end('k1');
  assert.deepEqual(await Promise.all([second, known]), ['s2', 'k1']);
  assert.deepEqual(works.lanes.load, { running: 0, waiting: 0 });
});

test('a full queue turns away at once, and only in its lane', async () => {
  const works = new Works();
  const strangers = ['s1', 's2', 's3', 's4'].map((name) => works.start('stranger', name));
  assert.equal(await works.start('stranger', 's5'), undefined);
  const known = works.start('known', 'k1');
  await turn();
  assert.deepEqual(works.begun, ['s1', 'k1']);
  assert.deepEqual(works.lanes.load, { running: 2, waiting: 3 });
  works.end('k1');
  await known;
  for (const name of ['s1', 's2', 's3', 's4']) {
    while (!works.begun.includes(name)) await turn();
    works.end(name);
  }
  assert.deepEqual(await Promise.all(strangers), ['s1', 's2', 's3', 's4']);
});

test('a work that fails frees its place', async () => {
  const lanes = new WorkLanes({ running: 1, waiting: 1 });
  await assert.rejects(
    lanes.run('known', () => Promise.reject(new Error('no'))),
    /no/,
  );
  assert.equal(await lanes.run('known', () => Promise.resolve(1)), 1);
});
