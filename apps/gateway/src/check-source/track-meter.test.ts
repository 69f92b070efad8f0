import assert from 'node:assert/strict';
import { test } from 'node:test';
import { opusTrack, packet, picture, videoTrack } from '../testing/units.ts';
import { TrackMeter } from './track-meter.ts';

function measure(count: number, gop: number, from = 0): ReturnType<TrackMeter['report']> {
  const track = videoTrack();
  const meter = new TrackMeter(track);
  for (let index = from; index < from + count; index += 1)
    meter.add(picture(track, index, { gop, size: 1000 }));
  return meter.report();
}

test('TrackMeter: frame rate, bitrate and GOP of a steady video', () => {
  const report = measure(101, 25);
  assert.deepEqual(
    [report.units, report.measuredFrameRate, report.bitrate, report.gop],
    [101, 25, 200_000, { pictures: 25, seconds: 1, isComplete: true }],
  );
  assert.deepEqual([report.level, report.reorderDepth, report.width, report.frameRate], ['3.1', 0, 640, 25]);
});

test('TrackMeter: a GOP whose end does not come is at least as long as what was seen', () => {
  assert.deepEqual(measure(51, 1000).gop, { pictures: 51, seconds: 2, isComplete: false });
});

test('TrackMeter: the longest GOP counts', () => {
  const track = videoTrack();
  const meter = new TrackMeter(track);
  const keys = new Set([0, 10, 60, 70]);
  for (let index = 0; index < 80; index += 1) {
    meter.add({ ...picture(track, index), isRandomAccess: keys.has(index) });
  }
  assert.deepEqual(meter.report().gop, { pictures: 50, seconds: 2, isComplete: true });
});

test('TrackMeter: one picture, or none, has no rates', () => {
  for (const count of [0, 1]) {
    const { bitrate, measuredFrameRate } = measure(count, 25);
    assert.deepEqual([bitrate, measuredFrameRate], [0, undefined]);
  }
});

test('TrackMeter: sound has a bitrate and no pictures', () => {
  const track = opusTrack();
  const meter = new TrackMeter(track);
  for (let index = 0; index < 51; index += 1) meter.add({ ...packet(track, index), byteLength: 160 });
  const report = meter.report();
  assert.deepEqual([report.codec, report.bitrate, report.gop], ['opus', 64_000, undefined]);
});
