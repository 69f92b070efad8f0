import type { PlayerState } from '@vedette/client';
import type { Camera } from '@vedette/contract';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stateHint, stateReason, stateWords } from './state-words.ts';
import { viewerState } from './viewer-state.ts';

const SINCE = '2030-01-31T08:00:00.000Z';
const SINCE_MS = Date.parse(SINCE);
const LIVE: PlayerState = { name: 'live', protocol: 'webrtc', sinceMs: 0 };
const CONNECTING: PlayerState = {
  name: 'connecting',
  protocol: 'webrtc',
  attempt: 1,
  nextAttemptAtMs: null,
  failure: null,
};

const CAMERA: Camera = {
  id: 'gate',
  name: 'Gate',
  source: 'rtsp://10.0.0.5/',
  managedBy: 'file',
  groups: [],
  zones: [],
  state: { name: 'live', since: SINCE },
  tracks: [{ kind: 'video', codec: 'h264', codecString: 'avc1.64001f', frameRate: 25 }],
  viewers: 0,
  bitrate: 2e6,
  frameRate: 25,
  lastPictureAt: '2030-01-31T08:05:00.000Z',
};

const OFFLINE: Camera['state'] = {
  name: 'offline',
  since: SINCE,
  code: 'ERR_CONNECT_REFUSED',
  reason: 'nothing listens there',
  attempt: 3,
  nextAttemptAt: '2030-01-31T08:00:04.000Z',
};

for (const { name, player, camera, isMissing, want } of [
  { name: 'no list yet', player: CONNECTING, want: 'connecting' },
  { name: 'plays', player: LIVE, camera: CAMERA, want: 'live' },
  { name: 'plays slowly', player: LIVE, camera: { ...CAMERA, frameRate: 12 }, want: 'degraded' },
  {
    name: 'has only just begun',
    player: LIVE,
    camera: { ...CAMERA, frameRate: 12, lastPictureAt: '2030-01-31T08:00:05.000Z' },
    want: 'live',
  },
  { name: 'no rate measured yet', player: LIVE, camera: { ...CAMERA, frameRate: 0 }, want: 'live' },
  { name: 'no rate declared', player: LIVE, camera: { ...CAMERA, frameRate: 12, tracks: [] }, want: 'live' },
  { name: 'gone', player: { name: 'absent' }, camera: { ...CAMERA, state: OFFLINE }, want: 'offline' },
  { name: 'gone while it plays', player: LIVE, camera: { ...CAMERA, state: OFFLINE }, want: 'offline' },
  {
    name: 'nobody publishes',
    player: { name: 'absent' },
    camera: { ...CAMERA, state: { name: 'waiting', since: SINCE } },
    want: 'waiting',
  },
  {
    name: 'on demand, being asked for',
    player: CONNECTING,
    camera: { ...CAMERA, state: { name: 'idle', since: SINCE } },
    want: 'connecting',
  },
  { name: 'just back', player: { name: 'absent' }, camera: CAMERA, want: 'connecting' },
  { name: 'out of sight', player: { name: 'paused' }, camera: CAMERA, want: 'paused' },
  { name: 'removed', player: LIVE, isMissing: true, want: 'missing' },
  { name: 'no permission', player: { name: 'forbidden' }, camera: CAMERA, want: 'forbidden' },
] satisfies { name: string; player: PlayerState; camera?: Camera; isMissing?: boolean; want: string }[]) {
  test(`viewerState: ${name}`, () => {
    assert.equal(viewerState(player, camera, isMissing ?? false).name, want);
  });
}

const CLOCK = { wallMs: SINCE_MS + 1500, monotonicMs: 10_000 };

test('stateWords: an attempt to come is counted down', () => {
  const player: PlayerState = { ...CONNECTING, attempt: 3, nextAttemptAtMs: 13_200 };
  const state = viewerState(player, undefined, false);
  assert.equal(stateWords(state, CLOCK), 'Connecting (attempt 3, next in 4 s)');
});

test('stateWords: fewer pictures than normal', () => {
  const state = viewerState(LIVE, { ...CAMERA, frameRate: 12.04 }, false);
  assert.equal(stateWords(state, CLOCK), '12 fps, normally 25 fps');
});

test('stateWords: what the browser lacks, and what would do', () => {
  const obstacle = { kind: 'codec', codec: 'H.265' } as const;
  const state = viewerState({ name: 'unsupported', obstacle, alternative: null }, CAMERA, false);
  assert.equal(stateWords(state, CLOCK), 'Can’t play here (H.265)');
  assert.match(stateReason(state) ?? '', /H\.264/);
});

test('stateHint: what to do about a fault, and when it is tried again', () => {
  const state = viewerState({ name: 'absent' }, { ...CAMERA, state: OFFLINE }, false);
  assert.equal(stateReason(state), 'Nothing listens there');
  assert.match(stateHint(state, CLOCK) ?? '', /^Check that RTSP .* Next attempt in 3 s$/);
});
