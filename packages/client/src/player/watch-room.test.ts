import assert from 'node:assert/strict';
import { test } from 'node:test';
import { linesIn } from './watch-room.ts';

for (const { room, want } of [
  { room: [0, 0, 1], want: undefined },
  { room: [320, 180, 1], want: 180 },
  { room: [320, 900, 1], want: 180 },
  { room: [640, 361, 1], want: 360 },
  { room: [640, 360, 2], want: 720 },
  { room: [1440, 900, 1], want: 1080 },
  { room: [20_000, 20_000, 2], want: 4320 },
] as const) {
  test(`linesIn: ${room.join(' × ')} has room for ${want ?? 'nothing'}`, () => {
    const [width, height, ratio] = room;
    assert.equal(linesIn(width, height, ratio), want);
  });
}
