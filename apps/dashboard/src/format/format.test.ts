import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  formatBitrate,
  formatBytes,
  formatFrameRate,
  formatMilliseconds,
  formatMoment,
  secondsUntil,
  snapshotName,
} from './format.ts';

for (const [value, want] of [
  [0, '0 bit/s'],
  [12_345, '12 kbit/s'],
  [2_096_000, '2.1 Mbit/s'],
] as const) {
  test(`formatBitrate: ${want}`, () => assert.equal(formatBitrate(value), want));
}

for (const [value, want] of [
  [999, '999 B'],
  [1500, '1.5 kB'],
  [23_400_000, '23 MB'],
  [4_200_000_000_000_000, '4200 TB'],
] as const) {
  test(`formatBytes: ${want}`, () => assert.equal(formatBytes(value), want));
}

for (const [value, want] of [
  [24.9, '25 fps'],
  [25.04, '25 fps'],
  [12.5, '12.5 fps'],
  [29.97, '30 fps'],
] as const) {
  test(`formatFrameRate: ${value} is ${want}`, () => assert.equal(formatFrameRate(value), want));
}

test('formatMilliseconds: seconds where they are clearer', () => {
  assert.deepEqual([14.4, 880, 3049].map(formatMilliseconds), ['14 ms', '880 ms', '3.0 s']);
});

const OPTIONS = { locale: 'en-GB', timeZone: 'Asia/Ho_Chi_Minh' };
const NOW_MS = Date.parse('2030-01-31T08:15:00Z');

for (const { at, want } of [
  { at: '2030-01-31T07:02:00Z', want: '14:02' },
  { at: '2030-01-30T16:59:00Z', want: '30 Jan, 23:59' },
  { at: '2029-01-31T07:02:00Z', want: '31 Jan, 14:02' },
]) {
  test(`formatMoment: ${at} is ${want}`, () => {
    assert.equal(formatMoment(Date.parse(at), NOW_MS, OPTIONS), want);
  });
}

test('formatMoment: to the second', () => {
  assert.equal(formatMoment(NOW_MS, NOW_MS, { ...OPTIONS, withSeconds: true }), '15:15:00');
});

test('snapshotName: sorts by time', () => {
  assert.equal(snapshotName('gate', new Date(2030, 0, 31, 8, 5, 9)), 'gate 2030-01-31 08.05.09.jpg');
});

test('secondsUntil: whole seconds, never negative', () => {
  assert.deepEqual([secondsUntil(3200, 0), secondsUntil(3000, 0), secondsUntil(0, 5)], [4, 3, 0]);
});
