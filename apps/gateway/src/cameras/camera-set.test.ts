import { cameraConfig } from '@vedette/contract';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentLogger } from '../observability/logger.ts';
import { picture, videoTrack } from '../testing/units.ts';
import { backoffMs } from './backoff.ts';
import { CameraSet } from './camera-set.ts';
import { redactAddress } from './redact.ts';
import { SourceError, type Source, type SourceContext } from './source.ts';

const publish = cameraConfig.parse({ source: 'publish' });
const pull = (path: string, more: object = {}): ReturnType<typeof cameraConfig.parse> =>
  cameraConfig.parse({ source: `rtsp://10.0.0.1/${path}`, ...more });

/** A source whose runs the test holds in its hand. */
class HandSource implements Source {
  readonly runs: SourceContext[] = [];
  #fail: ((error: Error) => void) | undefined;
  #began = Promise.withResolvers<undefined>();
  async run(context: SourceContext): Promise<void> {
    this.runs.push(context);
    const { promise, resolve, reject } = Promise.withResolvers<undefined>();
    this.#fail = reject;
    context.signal.addEventListener('abort', () => resolve(undefined), { once: true });
    this.#began.resolve(undefined);
    await promise;
  }
  async began(): Promise<SourceContext> {
    await this.#began.promise;
    this.#began = Promise.withResolvers<undefined>();
    const context = this.runs.at(-1);
    assert.ok(context);
    return context;
  }
  fail(error: Error): void {
    this.#fail?.(error);
  }
}

function setOf(sources: Map<string, HandSource>): CameraSet {
  return new CameraSet({
    logger: silentLogger,
    createSource: (_id, { source }) => {
      if (source === 'publish') return undefined;
      const made = new HandSource();
      sources.set(source, made);
      return made;
    },
  });
}

test('a changed camera gets its new source while its stream stays; the others are not touched', async () => {
  const sources = new Map<string, HandSource>();
  const set = setOf(sources);
  await set.apply({ autoCreate: false, byId: { a: pull('1'), b: pull('2'), c: publish } });
  const streamA = set.find('a')?.stream;
  const contextB = await sources.get('rtsp://10.0.0.1/2')?.began();
  await set.apply({ autoCreate: false, byId: { a: pull('new'), b: pull('2'), d: publish } });
  assert.equal(set.find('a')?.stream, streamA);
  assert.equal(sources.get('rtsp://10.0.0.1/1')?.runs[0]?.signal.aborted, true);
  assert.equal(contextB?.signal.aborted, false);
  assert.equal(set.find('c'), undefined);
  assert.notEqual(set.find('d'), undefined);
  await set.close();
  assert.equal(contextB.signal.aborted, true);
});

test('a source that fails makes the camera offline with the reason, and is tried again', async () => {
  const sources = new Map<string, HandSource>();
  const set = setOf(sources);
  await set.apply({ autoCreate: false, byId: { a: pull('1') } });
  const source = sources.get('rtsp://10.0.0.1/1');
  const context = await source?.began();
  context?.open([videoTrack()]);
  assert.equal(set.find('a')?.state.name, 'live');
  source?.fail(new SourceError('ERR_CONNECT_REFUSED', 'connection refused'));
  await source?.began();
  const state = set.find('a')?.state;
  assert.deepEqual(
    { name: state?.name, attempt: state?.name === 'connecting' && state.attempt },
    { name: 'connecting', attempt: 2 },
  );
  assert.equal(set.find('a')?.stream.isLive, false);
  await set.close();
});

test('a permanent failure is not tried again', async () => {
  const sources = new Map<string, HandSource>();
  const set = setOf(sources);
  await set.apply({ autoCreate: false, byId: { a: pull('1') } });
  const source = sources.get('rtsp://10.0.0.1/1');
  await source?.began();
  source?.fail(new SourceError('ERR_UNAUTHORIZED', 'wrong password', { isPermanent: true }));
  await new Promise((resolve) => setImmediate(resolve));
  const state = set.find('a')?.state;
  assert.equal(state?.name === 'offline' ? state.nextAttemptMs : 0, undefined);
  await set.close();
});

test('a camera made on demand connects for its first viewer', async () => {
  const sources = new Map<string, HandSource>();
  const set = setOf(sources);
  await set.apply({ autoCreate: false, byId: { a: pull('1', { onDemand: true }) } });
  const source = sources.get('rtsp://10.0.0.1/1');
  assert.equal(source?.runs.length, 0);
  assert.equal(set.find('a')?.state.name, 'idle');
  const live = set.find('a')?.stream.live(AbortSignal.timeout(10_000));
  (await source.began()).open([videoTrack()]);
  await live;
  await set.close();
});

test('publishing: who may, and who takes over', async () => {
  const set = setOf(new Map());
  const keeps = cameraConfig.parse({ source: 'publish', overridePublisher: false });
  await set.apply({ autoCreate: false, byId: { gate: publish, keeps, pulls: pull('1') } });
  const revoked: string[] = [];
  const request = (cameraId: string) => ({
    cameraId,
    tracks: [videoTrack()],
    onRevoked: (reason: string) => revoked.push(reason),
  });

  assert.equal(set.publish(request('nobody')).ok, false);
  assert.equal(set.publish(request('pulls')).ok, false);
  const first = set.publish(request('gate'));
  assert.ok(first.ok);
  const second = set.publish(request('gate'));
  assert.ok(second.ok);
  assert.deepEqual(revoked, ['another publisher took over']);
  first.feed.write(picture(videoTrack(), 0));
  assert.equal(set.find('gate')?.stream.counters.videoUnits, 0, 'the one that was taken over is not heard');
  second.feed.close();
  assert.equal(set.find('gate')?.state.name, 'waiting');

  assert.equal(set.publish(request('keeps')).ok, true);
  const refused = set.publish(request('keeps'));
  assert.equal(refused.ok ? '' : refused.reason, 'busy');
  await set.close();
  assert.equal(revoked.length, 2, 'the end of the camera revokes its publisher');
});

test('an undeclared name is created only where that is allowed', async () => {
  const set = setOf(new Map());
  await set.apply({ autoCreate: true, byId: {} });
  const request = { tracks: [videoTrack()], onRevoked: () => undefined };
  assert.equal(set.publish({ cameraId: '../etc', ...request }).ok, false);
  assert.equal(set.publish({ cameraId: 'new-one', ...request }).ok, true);
  await set.apply({ autoCreate: true, byId: { gate: publish } });
  assert.notEqual(set.find('new-one'), undefined, 'a reload leaves it alone');
  await set.apply({ autoCreate: false, byId: { gate: publish } });
  assert.equal(set.find('new-one'), undefined);
  await set.close();
});

test('back-off: 1, 2, 4 … 30 s, give or take a fifth', () => {
  assert.deepEqual(
    [1, 2, 3, 5, 6, 60].map((failures) => backoffMs(failures, 0.5)),
    [1000, 2000, 4000, 16_000, 30_000, 30_000],
  );
  assert.equal(backoffMs(1, 0), 800);
});

for (const { address, want } of [
  {
    address: 'rtsp://admin:p@ss/w@10.0.0.5:554/stream1?user=a&password=b',
    want: 'rtsp://ss/w@10.0.0.5:554/stream1',
  },
  { address: 'rtsp://admin:secret@10.0.0.5/stream1', want: 'rtsp://10.0.0.5/stream1' },
  { address: 'rtsp://10.0.0.5/s?token=x#y', want: 'rtsp://10.0.0.5/s' },
  { address: 'publish', want: 'publish' },
  { address: 'mjpeg+http://admin:secret@10.0.0.5/video?pwd=x', want: 'mjpeg+http://10.0.0.5/video' },
  { address: 'exec:format=ts,/usr/bin/ffmpeg -i rtsp://a:secret@h/', want: 'exec:format=ts,/usr/bin/ffmpeg' },
]) {
  test(`shown without credentials: ${address}`, () => assert.equal(redactAddress(address), want));
}
