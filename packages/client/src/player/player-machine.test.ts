import fc from 'fast-check';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Obstacle, PlaybackFailure } from './playback.ts';
import { nextWakeMs, step, WEBRTC_PATIENCE_MS } from './player-machine.ts';
import { initialModel, playerState, type PlayerEvent, type PlayerModel } from './player-model.ts';

const TIMEOUT: PlaybackFailure = { kind: 'timeout' };
const LOST: PlaybackFailure = { kind: 'lost' };
const UNREACHABLE: PlaybackFailure = { kind: 'unreachable' };
const CODEC: Obstacle = { kind: 'codec', codec: 'H.265' };

/** Runs events at their times and hands back the last model. */
function run(
  events: readonly (readonly [atMs: number, event: PlayerEvent])[],
  from = initialModel(),
): PlayerModel {
  return events.reduce((model, [atMs, event]) => step(model, event, atMs), from);
}

const START: PlayerEvent = { type: 'start' };
const TICK: PlayerEvent = { type: 'tick' };

function firstFrame(serial: number): PlayerEvent {
  return { type: 'firstFrame', serial };
}

function failure(serial: number, reason: PlaybackFailure): PlayerEvent {
  return { type: 'failure', serial, failure: reason };
}

function stall(serial: number, isStalled = true): PlayerEvent {
  return { type: 'stall', serial, isStalled };
}

/** What exists, and since when: `current` before `>`, what is opening after it. */
function picture({ current, next }: PlayerModel): string {
  const now = current === null ? '-' : `${current.protocol}#${current.serial}${current.isStalled ? '!' : ''}`;
  return next === null ? now : `${now} > ${next.protocol}#${next.serial}`;
}

const LIVE_WEBRTC = run([
  [0, START],
  [100, firstFrame(1)],
]);

const LIVE_MSE = run([
  [0, START],
  [WEBRTC_PATIENCE_MS, TICK],
  [2400, firstFrame(2)],
]);

for (const { name, from, events, want, state, wakeMs } of [
  { name: 'nothing before it is wanted', events: [], want: '-', state: 'paused', wakeMs: null },
  { name: 'WebRTC first', events: [[0, START]], want: '- > webrtc#1', state: 'connecting', wakeMs: 2000 },
  { name: 'first frame', from: LIVE_WEBRTC, events: [], want: 'webrtc#1', state: 'live', wakeMs: null },
  {
    name: 'MSE after two seconds without a frame',
    events: [
      [0, START],
      [1999, TICK],
      [2000, TICK],
    ],
    want: '- > mse#2',
    state: 'connecting',
    wakeMs: 5000,
  },
  {
    name: 'LL-HLS after three more',
    events: [
      [0, START],
      [2000, TICK],
      [5000, TICK],
    ],
    want: '- > hls#3',
    state: 'connecting',
    wakeMs: 13_000,
  },
  {
    name: 'LL-HLS plays: WebRTC is looked for half a minute after it failed',
    events: [
      [0, START],
      [2000, TICK],
      [2100, failure(2, LOST)],
      [2500, firstFrame(3)],
    ],
    want: 'hls#3',
    state: 'live',
    wakeMs: 32_000,
  },
  {
    name: 'WebRTC still does not get through: MSE gets its chance again',
    events: [
      [0, START],
      [2000, TICK],
      [2100, failure(2, LOST)],
      [2500, firstFrame(3)],
      [32_000, TICK],
      [34_000, TICK],
    ],
    want: 'hls#3 > mse#5',
    state: 'live',
    wakeMs: 37_000,
  },
  {
    name: 'MSE alone where the browser has nothing else',
    events: [
      [0, { type: 'camera', condition: 'ready', obstacles: { webrtc: CODEC, hls: CODEC } }],
      [0, START],
    ],
    want: '- > mse#1',
    state: 'connecting',
    wakeMs: 8000,
  },
  {
    name: 'a late frame of the attempt that was given up changes nothing',
    events: [
      [0, START],
      [2000, TICK],
      [2001, firstFrame(1)],
    ],
    want: '- > mse#2',
    state: 'connecting',
    wakeMs: 5000,
  },
  {
    name: 'MSE at once where WebRTC cannot carry the codec',
    events: [
      [0, START],
      [50, failure(1, { kind: 'unsupported', obstacle: { kind: 'reorderedPictures' } })],
    ],
    want: '- > mse#2',
    state: 'connecting',
    wakeMs: 3050,
  },
  {
    name: 'MSE without an attempt where the tracks say so',
    events: [
      [0, { type: 'camera', condition: 'ready', obstacles: { webrtc: CODEC } }],
      [0, START],
    ],
    want: '- > mse#1',
    state: 'connecting',
    wakeMs: 3000,
  },
  {
    name: 'nothing where none can',
    events: [
      [0, START],
      [0, { type: 'camera', condition: 'ready', obstacles: { webrtc: CODEC, mse: CODEC, hls: CODEC } }],
    ],
    want: '-',
    state: 'unsupported',
    wakeMs: null,
  },
  {
    name: 'new tracks, new luck',
    events: [
      [0, START],
      [0, { type: 'camera', condition: 'ready', obstacles: { webrtc: CODEC, mse: CODEC, hls: CODEC } }],
      [9, { type: 'camera', condition: 'ready', obstacles: {} }],
    ],
    want: '- > webrtc#2',
    state: 'connecting',
    wakeMs: 2009,
  },
  {
    name: 'WebRTC is looked for again after half a minute, beside what plays',
    from: LIVE_MSE,
    events: [[32_000, TICK]],
    want: 'mse#2 > webrtc#3',
    state: 'live',
    wakeMs: 34_000,
  },
  {
    name: 'and takes over on its first frame',
    from: LIVE_MSE,
    events: [
      [32_000, TICK],
      [32_500, firstFrame(3)],
    ],
    want: 'webrtc#3',
    state: 'live',
    wakeMs: null,
  },
  {
    name: 'or is left alone, for longer',
    from: LIVE_MSE,
    events: [
      [32_000, TICK],
      [34_000, TICK],
    ],
    want: 'mse#2',
    state: 'live',
    wakeMs: 94_000,
  },
  {
    name: 'a broken connection is mended at once',
    from: LIVE_WEBRTC,
    events: [[9000, failure(1, LOST)]],
    want: '- > webrtc#2',
    state: 'connecting',
    wakeMs: 11_000,
  },
  {
    name: 'one that breaks right away waits',
    from: LIVE_WEBRTC,
    events: [[1000, failure(1, LOST)]],
    want: '-',
    state: 'connecting',
    wakeMs: 1250,
  },
  {
    name: 'pictures that stop stay while another connection is opened',
    from: LIVE_WEBRTC,
    events: [[9000, stall(1)]],
    want: 'webrtc#1! > webrtc#2',
    state: 'connecting',
    wakeMs: 11_000,
  },
  {
    name: 'pictures that come back end that',
    from: LIVE_WEBRTC,
    events: [
      [9000, stall(1)],
      [9300, stall(1, false)],
    ],
    want: 'webrtc#1',
    state: 'live',
    wakeMs: null,
  },
  {
    name: 'pictures that stop again right after a reconnect are given time',
    from: LIVE_WEBRTC,
    events: [[1000, stall(1)]],
    want: 'webrtc#1!',
    state: 'connecting',
    wakeMs: 3000,
  },
  {
    name: 'a gateway that does not answer is no reason for another protocol',
    events: [
      [0, START],
      [10, failure(1, UNREACHABLE)],
      [260, TICK],
      [270, failure(2, UNREACHABLE)],
    ],
    want: '-',
    state: 'connecting',
    wakeMs: 770,
  },
  {
    name: 'a gateway that is back need not be waited for',
    events: [
      [0, START],
      [10, failure(1, UNREACHABLE)],
      [11, { type: 'retry' }],
    ],
    want: '- > webrtc#2',
    state: 'connecting',
    wakeMs: 2011,
  },
  {
    name: 'a camera that goes is not asked for',
    from: LIVE_WEBRTC,
    events: [[9000, { type: 'camera', condition: 'absent' }]],
    want: '-',
    state: 'absent',
    wakeMs: null,
  },
  {
    name: 'nor while its source is being connected',
    from: LIVE_WEBRTC,
    events: [
      [9000, { type: 'camera', condition: 'absent' }],
      [9500, { type: 'camera', condition: 'pending' }],
    ],
    want: '-',
    state: 'connecting',
    wakeMs: null,
  },
  {
    name: 'and is the moment it is back',
    from: LIVE_WEBRTC,
    events: [
      [9000, { type: 'camera', condition: 'absent' }],
      [9500, { type: 'camera', condition: 'ready' }],
    ],
    want: '- > webrtc#2',
    state: 'connecting',
    wakeMs: 11_500,
  },
  {
    name: 'what was begun before that was known is dropped',
    events: [
      [0, START],
      [5, { type: 'camera', condition: 'pending' }],
    ],
    want: '-',
    state: 'connecting',
    wakeMs: null,
  },
  {
    name: 'a camera on demand has its own time to come up',
    events: [
      [0, { type: 'camera', condition: 'ready' }],
      [0, START],
      [10, { type: 'camera', condition: 'pending' }],
      [5000, TICK],
      [5000, { type: 'camera', condition: 'ready' }],
    ],
    want: '- > webrtc#1',
    state: 'connecting',
    wakeMs: 7000,
  },
  {
    name: 'out of sight nothing plays',
    from: LIVE_WEBRTC,
    events: [[9000, { type: 'stop' }]],
    want: '-',
    state: 'paused',
    wakeMs: null,
  },
  {
    name: 'a choice keeps the picture until the other has one',
    from: LIVE_WEBRTC,
    events: [[500, { type: 'choose', choice: 'hls' }]],
    want: 'webrtc#1 > hls#2',
    state: 'live',
    wakeMs: 8500,
  },
  {
    name: 'a pinned protocol has more patience, and no other to turn to',
    from: initialModel('webrtc'),
    events: [
      [0, START],
      [2000, TICK],
      [8000, TICK],
    ],
    want: '-',
    state: 'connecting',
    wakeMs: 8250,
  },
  {
    name: 'no permission is final',
    events: [
      [0, START],
      [10, failure(1, { kind: 'forbidden' })],
      [60_000, TICK],
    ],
    want: '-',
    state: 'forbidden',
    wakeMs: null,
  },
  {
    name: 'until the person asks again',
    events: [
      [0, START],
      [10, failure(1, { kind: 'forbidden' })],
      [20, { type: 'retry' }],
    ],
    want: '- > webrtc#2',
    state: 'connecting',
    wakeMs: 2020,
  },
  {
    name: 'LL-HLS that fails too hands back to WebRTC, after a pause',
    events: [
      [0, START],
      [2000, TICK],
      [2100, failure(2, TIMEOUT)],
      [2200, failure(3, TIMEOUT)],
      [2450, TICK],
    ],
    want: '- > webrtc#4',
    state: 'connecting',
    wakeMs: 4450,
  },
] satisfies {
  name: string;
  from?: PlayerModel;
  events: (readonly [number, PlayerEvent])[];
  want: string;
  state: string;
  wakeMs: number | null;
}[]) {
  test(`player: ${name}`, () => {
    const model = run(events, from);
    assert.equal(picture(model), want);
    assert.equal(playerState(model).name, state);
    assert.equal(nextWakeMs(model), wakeMs);
  });
}

test('player: a choice that cannot play says what could', () => {
  const model = run(
    [
      [0, START],
      [9, failure(1, { kind: 'unsupported', obstacle: { kind: 'reorderedPictures' } })],
    ],
    initialModel('webrtc'),
  );
  assert.deepEqual(playerState(model), {
    name: 'unsupported',
    obstacle: { kind: 'reorderedPictures' },
    alternative: 'mse',
  });
});

test('player: the waits get longer, never beyond eight seconds', () => {
  let model = run([[0, START]]);
  const waits: number[] = [];
  let nowMs = 0;
  for (let round = 0; round < 10; round += 1) {
    model = step(model, failure(model.lastSerial, UNREACHABLE), nowMs);
    const wakeMs = nextWakeMs(model) ?? nowMs;
    waits.push(wakeMs - nowMs);
    nowMs = wakeMs;
    model = step(model, TICK, nowMs);
  }
  assert.deepEqual(waits, [250, 500, 1000, 1000, 1000, 2000, 4000, 8000, 8000, 8000]);
});

const failures = fc.constantFrom<PlaybackFailure>(
  TIMEOUT,
  LOST,
  UNREACHABLE,
  { kind: 'offline', reason: '' },
  { kind: 'forbidden' },
  { kind: 'refused', reason: '' },
  { kind: 'unsupported', obstacle: CODEC },
);

/** Any event; those of playbacks name the current one, the next one, or neither. */
const anyEvent = fc.record({
  afterMs: fc.nat(40_000),
  whom: fc.constantFrom('current', 'next', 'nobody'),
  kind: fc.constantFrom(
    'start',
    'stop',
    'tick',
    'retry',
    'firstFrame',
    'stall',
    'failure',
    'camera',
    'choose',
  ),
  isStalled: fc.boolean(),
  failure: failures,
  condition: fc.constantFrom('unknown', 'ready', 'pending', 'absent'),
  choice: fc.constantFrom('auto', 'webrtc', 'mse', 'hls'),
});

test('player: whatever happens, it wants at most one of each, and never wakes in the past for nothing', () => {
  fc.assert(
    fc.property(fc.array(anyEvent, { maxLength: 60 }), (happenings) => {
      let model = initialModel();
      let nowMs = 0;
      for (const { afterMs, whom, kind, isStalled, failure: reason, condition, choice } of happenings) {
        nowMs += afterMs;
        const attempt = { current: model.current, next: model.next, nobody: null }[whom];
        const serial = attempt?.serial ?? -1;
        const event = {
          start: START,
          stop: { type: 'stop' },
          tick: TICK,
          retry: { type: 'retry' },
          firstFrame: firstFrame(serial),
          stall: stall(serial, isStalled),
          failure: failure(serial, reason),
          camera: { type: 'camera', condition },
          choose: { type: 'choose', choice },
        }[kind] as PlayerEvent;
        model = step(model, event, nowMs);
        const { current, next, isWanted } = model;
        assert.ok(isWanted || (current === null && next === null), 'nothing plays unseen');
        assert.ok(current === null || next === null || current.serial < next.serial, 'serials grow');
        const wakeMs = nextWakeMs(model);
        if (wakeMs !== null && wakeMs <= nowMs) {
          assert.notDeepEqual(step(model, TICK, nowMs), model, 'a tick that is due changes something');
        }
      }
    }),
  );
});
