import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { PictureTimes } from './picture-times.ts';

test('a viewer that joins gets the group a tick apart, ending at live', () => {
  const times = new PictureTimes();
  assert.equal(times.startReplay(4, 90_000), 89_997);
  assert.equal(times.next(93_600), 93_600);
});

test('a viewer that is repaired gets the group behind what it had', () => {
  const times = new PictureTimes();
  assert.equal(times.next(90_000), 90_000);
  assert.equal(times.startReplay(50, 90_000), 90_001);
  assert.equal(times.next(93_600), 93_600);
});

test('a picture that would not be later is put behind the last', () => {
  const times = new PictureTimes();
  times.next(90_000);
  assert.equal(times.next(90_000), 90_001);
  assert.equal(times.next(80_000), 90_002);
});

test('time wraps', () => {
  const times = new PictureTimes();
  assert.equal(times.startReplay(3, 1), 0xffff_ffff);
  assert.equal(times.next(3601), 3601);
});

test('whatever happens, timestamps rise', () => {
  const live = fc.record({ step: fc.integer({ min: 0, max: 90_000 }) });
  const replay = fc.record({ count: fc.integer({ min: 1, max: 500 }) });
  fc.assert(
    fc.property(fc.nat(0xffff_ffff), fc.array(fc.oneof(live, replay), { maxLength: 40 }), (start, events) => {
      const times = new PictureTimes();
      let stream = start;
      let last: number | undefined;
      const check = (timestamp: number): void => {
        if (last !== undefined) assert.ok(((timestamp - last) | 0) > 0, `${last} then ${timestamp}`);
        last = timestamp;
      };
      for (const event of events) {
        if ('step' in event) {
          stream = (stream + event.step) >>> 0;
          check(times.next(stream));
        } else {
          const first = times.startReplay(event.count, stream);
          check(first);
          last = (first + event.count - 1) >>> 0;
        }
      }
    }),
  );
});
