import { cameraConfig } from '@vedette/contract';
import type { AccessUnit } from '@vedette/media';
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { silentLogger } from '../observability/logger.ts';
import type { Reader } from '../stream/reader.ts';
import { picture, videoTrack } from '../testing/units.ts';
import { Camera } from './camera.ts';
import { SourceError, type Source, type SourceContext } from './source.ts';

/** A source whose runs the test holds in its hand. */
class HandSource implements Source {
  readonly runs: SourceContext[] = [];
  #fail: (error: Error) => void = () => undefined;

  async run(context: SourceContext): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<undefined>();
    this.runs.push(context);
    this.#fail = reject;
    context.signal.addEventListener('abort', () => resolve(undefined), { once: true });
    await promise;
  }

  get current(): SourceContext {
    const context = this.runs.at(-1);
    if (context === undefined) throw new Error('the source was never run');
    return context;
  }

  fail(isPermanent = false): void {
    this.#fail(new SourceError('ERR_CONNECT_REFUSED', 'nothing listens there', { isPermanent }));
  }
}

class Viewer implements Reader {
  readonly name = 'test';
  readonly units: AccessUnit[] = [];
  onTracks(): void {
    // the units tell
  }
  onUnit(unit: AccessUnit): void {
    this.units.push(unit);
  }
  onEnd(): void {
    // nothing to do
  }
}

/** Lets what is due happen: promises, never timers. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

function onDemand(t: TestContext): {
  camera: Camera;
  source: HandSource;
  pass: (ms: number) => Promise<void>;
} {
  t.mock.timers.enable({ apis: ['setTimeout', 'Date'] });
  const source = new HandSource();
  const config = cameraConfig.parse({ source: 'rtsp://10.0.0.1/x', onDemand: true });
  const camera = new Camera({ id: 'gate', config, source, logger: silentLogger, random: () => 0.5 });
  camera.start();
  t.after(async () => {
    t.mock.timers.reset();
    await camera.close('the test is over');
  });
  const pass = async (ms: number): Promise<void> => {
    await settle();
    t.mock.timers.tick(ms);
    await settle();
  };
  return { camera, source, pass };
}

const NEVER = new AbortController().signal;

test('it is connected for the first viewer, and let go 10 s after the last', async (t) => {
  const { camera, source, pass } = onDemand(t);
  await pass(60_000);
  assert.deepEqual([camera.state.name, source.runs.length], ['idle', 0]);
  const waiting = camera.stream.live(NEVER);
  await settle();
  assert.deepEqual([camera.state.name, source.runs.length], ['connecting', 1]);
  source.current.open([videoTrack()]);
  await waiting;
  const viewer = new Viewer();
  camera.stream.addReader(viewer);
  await pass(60_000);
  assert.equal(source.current.signal.aborted, false);
  camera.stream.removeReader(viewer);
  await pass(9_999);
  assert.equal(source.current.signal.aborted, false);
  await pass(1);
  assert.equal(source.current.signal.aborted, true);
  assert.equal(camera.state.name, 'idle');
});

test('the viewer who woke it gets the first picture that the source sends', async (t) => {
  const { camera, source } = onDemand(t);
  const viewer = new Viewer();
  const watching = camera.stream.live(NEVER).then(() => camera.stream.addReader(viewer));
  await settle();
  const track = videoTrack();
  const feed = source.current.open([track]);
  for (let index = 0; index < 3; index += 1) feed.write(picture(track, index));
  await watching;
  feed.write(picture(track, 3));
  assert.deepEqual(
    viewer.units.map(({ pts }) => pts),
    [0, 3600, 7200, 10_800],
  );
});

test('a flood of viewers connects once, and all of them get in', async (t) => {
  const { camera, source } = onDemand(t);
  const viewers = Array.from({ length: 500 }, () => camera.stream.live(NEVER));
  await settle();
  source.current.open([videoTrack()]);
  await Promise.all(viewers);
  assert.equal(source.runs.length, 1);
});

test('a viewer who leaves while it connects leaves it to others, or lets it go', async (t) => {
  const { camera, source, pass } = onDemand(t);
  const [first, second] = [new AbortController(), new AbortController()];
  const waits = [first, second].map(async ({ signal }) => camera.stream.live(signal).catch(() => 'left'));
  await settle();
  first.abort();
  await pass(11_000);
  assert.equal(source.current.signal.aborted, false);
  second.abort();
  await pass(9000);
  assert.equal(camera.state.name, 'connecting');
  await pass(1000);
  assert.equal(camera.state.name, 'idle');
  assert.deepEqual(await Promise.all(waits), ['left', 'left']);
});

test('one who comes back in time finds the same connection', async (t) => {
  const { camera, source, pass } = onDemand(t);
  const first = new AbortController();
  const left = camera.stream.live(first.signal).catch(() => 'left');
  await settle();
  first.abort();
  await pass(9999);
  const waiting = camera.stream.live(NEVER);
  await pass(60_000);
  assert.equal(await left, 'left');
  source.current.open([videoTrack()]);
  await waiting;
  assert.equal(source.runs.length, 1);
});

test('one who comes while it says goodbye gets a new connection behind that', async (t) => {
  const { camera, source, pass } = onDemand(t);
  const first = new AbortController();
  const left = camera.stream.live(first.signal).catch(() => 'left');
  await settle();
  first.abort();
  await settle();
  t.mock.timers.tick(10_000); // nothing of it has happened yet
  const waiting = camera.stream.live(NEVER);
  await pass(0);
  assert.equal(await left, 'left');
  assert.equal(source.runs.length, 2);
  source.current.open([videoTrack()]);
  await waiting;
  assert.equal(camera.state.name, 'live');
});

test('those who wait for a camera that fails are told at once, by no time-out', async (t) => {
  const { camera, source } = onDemand(t);
  const waits = [1, 2, 3].map(async () => camera.stream.live(NEVER));
  await settle();
  source.fail();
  for (const wait of waits) await assert.rejects(wait, /nothing listens there/);
  assert.ok(camera.state.name === 'offline' && camera.state.reason === 'nothing listens there');
});

test('it is tried again while somebody still wants it, and 10 s longer', async (t) => {
  const { camera, source, pass } = onDemand(t);
  const viewer = new Viewer();
  camera.stream.addReader(viewer);
  await settle();
  source.fail();
  await pass(1000);
  assert.equal(source.runs.length, 2);
  camera.stream.removeReader(viewer);
  source.fail();
  await pass(10_000);
  assert.equal(camera.state.name, 'idle');
});

test('a wrong password is not tried again for each new viewer', async (t) => {
  const { camera, source, pass } = onDemand(t);
  const waiting = camera.stream.live(NEVER);
  await settle();
  source.fail(true);
  await assert.rejects(waiting);
  await pass(60_000);
  assert.equal(camera.state.name, 'offline');
  const viewer = new Viewer();
  camera.stream.addReader(viewer);
  await pass(60_000);
  assert.equal(source.runs.length, 1);
});
