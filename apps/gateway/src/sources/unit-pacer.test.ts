import assert from 'node:assert/strict';
import { test } from 'node:test';
import { steadyClock } from '../stream/stream.ts';
import { picture, videoTrack } from '../testing/units.ts';
import { UnitPacer } from './unit-pacer.ts';

const { signal } = new AbortController();

/** @returns a pacer that holds so many pictures, 40 ms apart, and what it has given out. */
function holding(count: number): { pacer: UnitPacer; given: number[] } {
  const given: number[] = [];
  const track = videoTrack();
  const pacer = new UnitPacer({ write: ({ dts }) => given.push(dts / 3600), clock: steadyClock });
  for (let index = 0; index < count; index += 1) pacer.push(picture(track, index));
  return { pacer, given };
}

test('units are given out in the order of their times, by their times', async () => {
  const { pacer, given } = holding(5);
  const startMs = steadyClock();
  await pacer.drained(signal);
  assert.deepEqual(given, [0, 1, 2, 3, 4]);
  assert.ok(steadyClock() - startMs >= 155, 'not before their time');
});

test('room: at once below the mark; above it not before so little is left as was asked for', async () => {
  const { pacer, given } = holding(10);
  await pacer.room(400, signal, 0);
  assert.deepEqual(given, [], 'nobody waited');
  const { heldMs } = pacer;
  await pacer.room(heldMs / 2, signal, heldMs / 4);
  assert.ok(pacer.heldMs <= heldMs / 4);
  pacer.close();
});

test('a wait ends with its signal, and with the pacer', async () => {
  const { pacer, given } = holding(1000);
  const leaving = new AbortController();
  const waits = [pacer.drained(leaving.signal), pacer.room(100, signal)];
  leaving.abort();
  await waits[0];
  pacer.close();
  await waits[1];
  const before = [...given];
  pacer.push(picture(videoTrack(), 0));
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.deepEqual(given, before, 'nothing is given out any more');
});
