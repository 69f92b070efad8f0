import { createOpusTrack } from '@vedette/media';
import fc from 'fast-check';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { opusTrack, packet } from '../../testing/units.ts';
import { TrackRun } from './track-run.ts';

const track = opusTrack();
const PACKET_SECONDS = 0.02;
/** Where time zero of the stream lies in what is written. */
const ZERO = new TrackRun(track).written(0) / track.clockRate;

function seconds(run: TrackRun): { start: number; end: number; silent: number } {
  const start = run.baseDts / track.clockRate - ZERO;
  const end = start + run.ticks / track.clockRate;
  const silent = run.samples.filter(({ data }) => data[0]?.[1] === 0xff && data[0].length === 3).length;
  return { start: round(start), end: round(end), silent };
}

function round(value: number): number {
  return Number(value.toFixed(4));
}

function heard(count: number): TrackRun {
  const run = new TrackRun(track);
  for (let i = 0; i < count; i++) run.push(packet(track, i));
  return run;
}

test('track run: a unit goes out when the next one tells its duration, the last one when it is flushed', () => {
  const run = heard(10);
  assert.deepEqual(seconds(run), { start: 0, end: 0.18, silent: 0 });
  run.flush();
  assert.deepEqual(seconds(run), { start: 0, end: 0.2, silent: 0 });
});

test('track run: a track of which nothing was ever heard is silent from the start to the end', () => {
  const run = new TrackRun(track);
  run.fillSilence(ZERO + 1, ZERO + 1.2);
  assert.deepEqual(seconds(run), { start: 1, end: 1.2, silent: 10 });
  run.clear();
  run.fillSilence(ZERO + 1.2, ZERO + 1.4);
  assert.deepEqual(seconds(run), { start: 1.2, end: 1.4, silent: 10 });
});

test('track run: sound that is late by less than half a second is waited for', () => {
  const run = heard(10);
  run.fillSilence(ZERO, ZERO + 0.6);
  assert.deepEqual(seconds(run), { start: 0, end: 0.18, silent: 0 });
});

test('track run: sound that is missing for longer is replaced, and ignored if it comes after all', () => {
  const run = heard(10);
  run.fillSilence(ZERO, ZERO + 1.2);
  assert.deepEqual(seconds(run), { start: 0, end: 0.7, silent: 25 });
  run.push(packet(track, 20));
  assert.equal(run.held, undefined);
  run.push(packet(track, 40));
  assert.deepEqual(seconds(run), { start: 0, end: 0.8, silent: 25 }, 'the last silent frame lasts until it');
  run.flush();
  assert.deepEqual(seconds(run), { start: 0, end: 0.82, silent: 25 });
});

test('track run: after three seconds nobody waits any more', () => {
  const run = heard(10);
  run.flush();
  run.fillSilence(ZERO, ZERO + 4);
  assert.equal(seconds(run).end, 4);
});

test('track run: where there is no silent frame, a gap stays a gap', () => {
  const surround = createOpusTrack(1, 6);
  const run = new TrackRun(surround);
  run.fillSilence(ZERO, ZERO + 1);
  assert.deepEqual(run.samples, []);
});

test('track run: whatever comes when, what is written never overlaps and never goes back', () => {
  const step = fc.record({
    packets: fc.integer({ min: 0, max: 40 }),
    skipped: fc.integer({ min: 0, max: 60 }),
    partSeconds: fc.integer({ min: 1, max: 30 }),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
      const run = new TrackRun(track);
      let [index, start, written] = [0, ZERO, 0];
      for (const { packets, skipped, partSeconds } of steps) {
        index += skipped;
        for (let i = 0; i < packets; i++) run.push(packet(track, index++));
        const end = start + partSeconds * 10 * PACKET_SECONDS;
        run.fillSilence(start, end);
        start = end;
        if (run.samples.length > 0) {
          assert.ok(run.baseDts >= written, `${run.baseDts} after ${written}`);
          written = run.baseDts + run.ticks;
          assert.equal(
            run.samples.reduce((sum, { duration }) => sum + duration, 0),
            run.ticks,
          );
          assert.ok(run.samples.every(({ duration }) => duration >= 0));
        }
        run.clear();
      }
    }),
  );
});
