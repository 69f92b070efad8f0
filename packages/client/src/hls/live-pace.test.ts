import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LivePace, type LivePlace, type Pace } from './live-pace.ts';

const NORMAL: Pace = { action: 'play', rate: 1 };
const FASTER: Pace = { action: 'play', rate: 1.08 };
const FAST: Pace = { action: 'play', rate: 1.2 };
const JUMP: Pace = { action: 'jump' };

for (const { name, places, want } of [
  { name: 'where it should be', places: Array<LivePlace>(6).fill({ behind: 0, ahead: 0.4 }), want: NORMAL },
  { name: 'ahead of it', places: Array<LivePlace>(6).fill({ behind: -0.2, ahead: 0.2 }), want: NORMAL },
  {
    name: 'a little behind, plenty buffered',
    places: Array<LivePlace>(6).fill({ behind: 0.3, ahead: 0.7 }),
    want: FASTER,
  },
  { name: 'far behind', places: Array<LivePlace>(6).fill({ behind: 2, ahead: 2.5 }), want: FAST },
  { name: 'too far behind', places: [{ behind: 5, ahead: 5 }], want: JUMP },
  {
    name: 'behind, for it waits for data',
    places: Array<LivePlace>(6).fill({ behind: 0.5, ahead: 0.1 }),
    want: NORMAL,
  },
  {
    name: 'behind, and the buffer was low a moment ago',
    places: [0.7, 0.7, 0.1, 0.6].map((ahead) => ({ behind: 0.3, ahead })),
    want: NORMAL,
  },
  { name: 'nothing known of the buffer yet', places: [{ behind: 0.3, ahead: 0.7 }], want: NORMAL },
  {
    name: 'once it catches up, all the way',
    places: [0.3, 0.3, 0.3, 0.3, 0.08].map((behind) => ({ behind, ahead: 0.6 })),
    want: FASTER,
  },
  {
    name: 'and no further',
    places: [0.3, 0.3, 0.3, 0.3, 0.02, 0.08].map((behind) => ({ behind, ahead: 0.6 })),
    want: NORMAL,
  },
] as { name: string; places: LivePlace[]; want: Pace }[]) {
  test(`LivePace: ${name}`, () => {
    const pace = new LivePace();
    assert.deepEqual(places.map((place) => pace.next(place)).at(-1), want);
  });
}
