import fc from 'fast-check';
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { parseRange, serializeRange, type RtspRange } from './range-header.ts';

const smpte = (hours: number, minutes: number, seconds: number, frames = 0, subframes = 0) => ({
  hours,
  minutes,
  seconds,
  frames,
  subframes,
});

for (const { value, want, back = value } of [
  { value: 'npt=now-', want: { unit: 'npt', start: 'now' } },
  { value: 'npt=0.000-', want: { unit: 'npt', start: 0 }, back: 'npt=0-' },
  { value: 'npt=-15', want: { unit: 'npt', end: 15 } },
  { value: 'npt=12:05:35.3-', want: { unit: 'npt', start: 43_535.3 }, back: 'npt=43535.3-' },
  {
    value: 'npt = 10 - 20.5 ;time=19970123T143720Z',
    want: { unit: 'npt', start: 10, end: 20.5 },
    back: 'npt=10-20.5',
  },
  { value: 'npt=now-now', want: { unit: 'npt', start: 'now' }, back: 'npt=now-' }, // LIVE555
  { value: 'clock=19961108T142300Z-', want: { unit: 'clock', startMs: Date.UTC(1996, 10, 8, 14, 23) } },
  {
    value: 'clock=19961108T143720.25Z-19961108T143730Z',
    want: {
      unit: 'clock',
      startMs: Date.UTC(1996, 10, 8, 14, 37, 20, 250),
      endMs: Date.UTC(1996, 10, 8, 14, 37, 30),
    },
    back: 'clock=19961108T143720.250Z-19961108T143730Z',
  },
  { value: 'smpte=10:12:33:20-', want: { unit: 'smpte', start: smpte(10, 12, 33, 20) } },
  {
    value: 'smpte-25=10:07:00-10:07:33:05.01',
    want: { unit: 'smpte-25', start: smpte(10, 7, 0), end: smpte(10, 7, 33, 5, 1) },
  },
] as { value: string; want: RtspRange; back?: string }[]) {
  test(`Range: ${value}`, () => {
    assert.deepEqual(parseRange(value), want);
    assert.equal(serializeRange(want), back);
  });
}

for (const value of [
  ...[
    '',
    'npt',
    'npt=',
    'npt=-',
    'npt=1',
    'npt=a-',
    'npt=1-2-3',
    'npt=:-',
    'npt=::-',
    'npt=1:60:00-',
    'time=1-',
  ],
  ...['clock=-', 'clock=00000101T000000Z-0', 'clock=19961308T142300Z-', 'clock=19961108-'],
  ...['smpte=-', 'smpte=::-', 'smpte=0:0:A-', 'smpte=0:0:0:-', 'smpte=0:0:0-0', 'smpte=0:0:0-0:0:0:0.'],
]) {
  test(`Range: "${value}" is refused`, () => {
    assert.throws(() => parseRange(value), { name: 'ProtocolError', code: 'ERR_RTSP_RANGE' });
  });
}

test('Range: what is serialized parses back', () => {
  const time = fc
    .tuple(fc.nat(99), fc.nat(59), fc.nat(59), fc.nat(29), fc.nat(99))
    .map((numbers) => smpte(...numbers));
  const seconds = fc.nat(10 ** 8).map((ms) => ms / 1000);
  const ms = fc.nat(4_000_000_000_000);
  const range = fc.oneof(
    fc.record(
      { unit: fc.constant('npt'), start: fc.oneof(seconds, fc.constant('now')), end: seconds },
      { noNullPrototype: true, requiredKeys: ['unit', 'start'] },
    ),
    fc.record(
      { unit: fc.constant('clock'), startMs: ms, endMs: ms },
      { noNullPrototype: true, requiredKeys: ['unit', 'startMs'] },
    ),
    fc.record(
      { unit: fc.constantFrom('smpte', 'smpte-25', 'smpte-30-drop'), start: time, end: time },
      { noNullPrototype: true, requiredKeys: ['unit', 'start'] },
    ),
  ) as fc.Arbitrary<RtspRange>;
  fc.assert(fc.property(range, (one) => assert.deepEqual(parseRange(serializeRange(one)), one)));
});
