import { pushConfig } from '@vedette/contract';
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { networkGuard } from '../net/guarded-lookup.ts';
import { silentLogger } from '../observability/logger.ts';
import { Stream, type Feed } from '../stream/stream.ts';
import { videoTrack } from '../testing/units.ts';
import { Push } from './push.ts';
import { PushError } from './push-target.ts';
import type { PushFacts } from './push-triggers.ts';
import { HandTarget } from './testing/hand-target.ts';

interface Bench {
  readonly push: Push;
  readonly target: HandTarget;
  readonly stream: Stream;
  readonly demand: boolean[];
  readonly open: () => Feed;
  /** Time passes, second by second, as the set of pushes sees it. */
  readonly pass: (seconds: number, facts?: Partial<PushFacts>) => Promise<void>;
}

/** Lets what is due happen: promises, never timers. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

function bench(t: TestContext, config: object = {}): Bench {
  t.mock.timers.enable({ apis: ['setTimeout', 'Date'] });
  const demand: boolean[] = [];
  const stream = new Stream({ id: 'gate', onDemand: (isWanted) => demand.push(isWanted) });
  const target = new HandTarget();
  const push = new Push({
    id: 'out',
    cameraId: 'gate',
    config: pushConfig.parse({ to: 'rtsp://media.example.org/gate', ...config }),
    origin: 'file',
    stream,
    target,
    carriage: { video: ['h264'], reorders: true, audio: ['aac'] },
    guard: networkGuard,
    fitter: { fit: (whole) => whole },
    logger: silentLogger,
    random: () => 0.5,
  });
  t.after(() => {
    t.mock.timers.reset();
    return push.close();
  });
  const factsNow = (changes: Partial<PushFacts> = {}): PushFacts => ({
    isLive: stream.isLive,
    isOnDemand: false,
    viewers: 0,
    ...changes,
  });
  return {
    push,
    target,
    stream,
    demand,
    open: () => stream.open([videoTrack()]),
    pass: async (seconds, changes) => {
      push.consider(factsNow(changes));
      await settle();
      for (let second = 0; second < seconds; second += 1) {
        t.mock.timers.tick(1000);
        await settle();
        push.consider(factsNow(changes));
        await settle();
      }
    },
  };
}

const lost = new PushError('ERR_CONNECTION_LOST', 'the destination closed the connection');
const refused = new PushError('ERR_PUSH_REFUSED', 'the destination refuses the key', { isPermanent: true });

test('a push wakes its camera, connects when it is live, and is live when the destination is', async (t) => {
  const { push, target, demand, open, pass } = bench(t);
  await pass(0);
  assert.deepEqual(demand, [true]);
  assert.equal(push.state.name === 'idle' && push.state.reason, 'camera');
  assert.equal(target.attempts.length, 0);
  open();
  await settle();
  assert.equal(push.state.name, 'connecting');
  target.current.onConnected();
  assert.equal(push.state.name, 'live');
});

test('what is switched off neither wakes the camera nor runs, until it is switched on', async (t) => {
  for (const config of [{ enabled: false }, { when: 'api' }]) {
    const { push, target, demand, open, pass } = bench(t, config);
    open();
    await pass(3);
    assert.deepEqual([push.state.name === 'idle' && push.state.reason, demand], ['off', []]);
    push.set(true, { isLive: true, isOnDemand: false, viewers: 0 });
    await settle();
    assert.equal(target.attempts.length, 1);
    push.set(false, { isLive: true, isOnDemand: false, viewers: 0 });
    await settle();
    assert.deepEqual([target.current.signal.aborted, demand], [true, [true, false]]);
    t.mock.timers.reset();
  }
});

test('a fault is told with its reason and the next attempt, and the pauses grow', async (t) => {
  const { push, target, open, pass } = bench(t);
  open();
  await pass(0);
  const pauses: number[] = [];
  for (let attempt = 1; attempt <= 3; attempt += 1) {
    assert.equal(target.attempts.length, attempt);
    target.fail(lost);
    await settle();
    const { state } = push;
    assert.ok(state.name === 'failed');
    assert.deepEqual([state.code, state.reason, state.attempt], [lost.code, lost.message, attempt]);
    pauses.push((state.nextAttemptMs ?? 0) - Date.now());
    await pass(2 ** attempt);
  }
  assert.deepEqual(pauses, [1000, 2000, 4000]);
});

test('a destination that was steady is tried again soon, whatever was before', async (t) => {
  const { push, target, open, pass } = bench(t);
  open();
  await pass(0);
  for (const seconds of [1, 2, 4]) {
    target.fail(lost);
    await pass(seconds);
  }
  target.current.onConnected();
  await pass(11);
  target.fail(lost);
  await settle();
  assert.equal(push.state.name === 'failed' && push.state.attempt, 1);
});

test('a fault that only a person can mend ends it, lets the camera go, and a start tries again', async (t) => {
  const { push, target, demand, open, pass } = bench(t);
  open();
  await pass(0);
  target.fail(refused);
  await pass(60);
  assert.ok(push.state.name === 'failed' && push.state.nextAttemptMs === undefined);
  assert.equal(target.attempts.length, 1);
  assert.deepEqual(demand, [true, false]);
  push.set(true, { isLive: true, isOnDemand: false, viewers: 0 });
  await settle();
  assert.equal(target.attempts.length, 2);
});

test('an error nobody foresaw is a fault like any other', async (t) => {
  const { push, target, open, pass } = bench(t);
  open();
  await pass(0);
  target.fail(new TypeError('x is not a function'));
  await settle();
  assert.equal(push.state.name === 'failed' && push.state.code, 'ERR_PUSH_FAILED');
});

test('totals go on over all attempts', async (t) => {
  const { push, target, open, pass } = bench(t);
  open();
  await pass(0);
  target.current.report(() => ({ bytes: 100, dropped: 2, queuedBytes: 7 }));
  assert.deepEqual(push.totals, { bytes: 100, dropped: 2, queuedBytes: 7 });
  target.fail(lost);
  await settle();
  assert.deepEqual(push.totals, { bytes: 100, dropped: 2, queuedBytes: 0 });
  await pass(1);
  target.current.report(() => ({ bytes: 50, dropped: 1, queuedBytes: 0 }));
  assert.deepEqual(push.totals, { bytes: 150, dropped: 3, queuedBytes: 0 });
});

test('viewers: it runs while somebody watches and 10 s longer, so that a reload does not end it', async (t) => {
  const { push, target, demand, open, pass } = bench(t, { when: 'viewers' });
  open();
  await pass(2);
  assert.deepEqual([push.state.name === 'idle' && push.state.reason, demand], ['viewers', []]);
  await pass(1, { viewers: 1 });
  assert.equal(target.attempts.length, 1);
  target.current.onConnected();
  await pass(9);
  await pass(1, { viewers: 1 });
  await pass(9);
  assert.equal(target.current.signal.aborted, false);
  await pass(3);
  assert.equal(target.current.signal.aborted, true);
  assert.deepEqual([push.state.name === 'idle' && push.state.reason, demand.at(-1)], ['viewers', false]);
});

test('live: it accompanies a camera made on demand and never keeps it awake', async (t) => {
  const { target, demand, open, pass } = bench(t, { when: 'live' });
  open();
  await pass(2, { isOnDemand: true });
  assert.deepEqual([target.attempts.length, demand], [0, []]);
  await pass(1, { isOnDemand: true, viewers: 1 });
  assert.equal(target.attempts.length, 1);
  await pass(12, { isOnDemand: true });
  assert.equal(demand.at(-1), false);
});

test('a camera that is away for 10 s ends the session; when it is back, the push is at once', async (t) => {
  const { push, target, open, pass } = bench(t);
  const feed = open();
  await pass(1);
  target.current.onConnected();
  feed.close();
  await pass(9);
  assert.equal(target.current.signal.aborted, false);
  await pass(3);
  assert.equal(target.current.signal.aborted, true);
  assert.equal(push.state.name === 'idle' && push.state.reason, 'camera');
  open();
  await settle();
  assert.deepEqual([push.state.name, target.attempts.length], ['connecting', 2]);
});

test('a destination that never takes media, or never lets go, is left', async (t) => {
  const { push, target, open, pass } = bench(t);
  target.isDeaf = true;
  open();
  await pass(20);
  assert.equal(push.state.name === 'failed' && push.state.code, 'ERR_PUSH_TIMEOUT');
  await pass(2);
  const closing = push.close();
  await settle();
  t.mock.timers.tick(3000);
  await closing;
});

test('when the camera is removed, the push ends', async (t) => {
  const { push, target, stream, open, pass } = bench(t);
  open();
  await pass(0);
  stream.end('the camera was removed');
  target.fail(lost);
  await pass(2);
  assert.equal(target.attempts.length, 1);
  await push.close();
});
