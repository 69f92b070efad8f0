import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LineMeter } from './line-meter.ts';

const LEVELS = [{ bitrate: 600_000 }, { bitrate: 1_100_000 }, { bitrate: 4_000_000 }];
const PART_BYTES = 25_000;
const ANY = -1;

/** Caps after each part that came at the rate of a line, in bits a second. */
function caps(meter: LineMeter, ...rates: number[]): number[] {
  return rates.map((rate) => {
    meter.add(PART_BYTES, (PART_BYTES * 8) / rate);
    return meter.cap(LEVELS);
  });
}

test('LineMeter: nothing is capped before anything is known, nor on a wide line', () => {
  const meter = new LineMeter();
  assert.equal(meter.cap(LEVELS), ANY);
  assert.deepEqual(caps(meter, 20e6, 20e6, 20e6), [ANY, ANY, ANY]);
});

test('LineMeter: a line that became narrow is known after two parts, whatever was before', () => {
  const meter = new LineMeter();
  caps(meter, 100e6, 100e6, 100e6, 100e6, 100e6);
  assert.deepEqual(caps(meter, 700_000, 700_000, 700_000), [ANY, 0, 0]);
});

test('LineMeter: one slow part is no narrow line', () => {
  assert.deepEqual(caps(new LineMeter(), 20e6, 100_000, 20e6, 100_000, 20e6), [ANY, ANY, ANY, ANY, ANY]);
});

test('LineMeter: what is between two levels plays the lower one', () => {
  assert.deepEqual(caps(new LineMeter(), 2e6, 2e6), [ANY, 1]);
});

test('LineMeter: less than the least is the least', () => {
  assert.deepEqual(caps(new LineMeter(), 50_000, 50_000), [ANY, 0]);
});

test('LineMeter: it rises when five parts in a row say that there is room', () => {
  const meter = new LineMeter();
  caps(meter, 700_000, 700_000, 700_000, 700_000, 700_000);
  assert.deepEqual(caps(meter, 20e6, 20e6, 20e6, 20e6, 20e6), [0, 0, 0, 0, ANY]);
});

test('LineMeter: it does not rise to what just fits, and stays where it is', () => {
  const meter = new LineMeter();
  caps(meter, 700_000, 700_000, 700_000, 700_000, 700_000);
  assert.equal(caps(meter, 1.2e6, 1.2e6, 1.2e6, 1.2e6, 1.2e6).at(-1), 0);
  assert.equal(caps(meter, 1.8e6, 1.8e6, 1.8e6, 1.8e6, 1.8e6).at(-1), 1);
  assert.equal(caps(meter, 1.2e6, 1.2e6, 1.2e6, 1.2e6, 1.2e6).at(-1), 1);
});

test('LineMeter: small answers say nothing', () => {
  const meter = new LineMeter();
  meter.add(1000, 1);
  meter.add(1000, 1);
  assert.equal(meter.cap(LEVELS), ANY);
});
