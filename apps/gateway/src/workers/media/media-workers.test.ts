import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { silentLogger } from '../../observability/logger.ts';
import { LinkError } from '../link.ts';
import { Quarantine } from '../quarantine.ts';
import { MediaWorkers, type MediaLink } from './media-workers.ts';

function start(context: TestContext): MediaWorkers {
  const workers = new MediaWorkers({ logger: silentLogger });
  context.after(() => workers.close());
  return workers;
}

/** Stands for a picture that kills whoever decodes it: dies of `signal` while it is at it. */
async function decodePoison(workers: MediaWorkers, camera: string, signal: NodeJS.Signals): Promise<void> {
  const dying = workers.use(camera, async (link: MediaLink) => {
    const [pid] = workers.pids;
    if (pid !== undefined) process.kill(pid, signal);
    await link.request('snapshot', { codec: 'h264' });
  });
  await assert.rejects(dying, { code: 'ERR_LINK_CLOSED' });
}

/** A picture that is only rubbish: the worker says so, and lives. */
async function decodeRubbish(workers: MediaWorkers, camera: string): Promise<void> {
  const refused = workers.use(camera, (link) => link.request('snapshot', { codec: 'h264' }));
  await assert.rejects(refused, { code: 'ERR_MEDIA' });
}

test('a camera that kills the worker three times is kept away, others are not', async (context) => {
  const workers = start(context);
  for (let crash = 0; crash < 3; crash++) {
    // Wait for a worker that may be resting after the crash before.
    await until(() => workers.link('good'));
    await decodeRubbish(workers, 'good');
    await decodePoison(workers, 'bad', 'SIGSEGV');
  }
  await until(() => workers.link('good'));
  await assert.rejects(workers.link('bad'), { code: 'ERR_MEDIA_QUARANTINE' });
  await decodeRubbish(workers, 'good');
  workers.forgive('bad');
  await decodeRubbish(workers, 'bad');
  assert.equal(workers.reports[0]?.crashesByKind.signal, 3);
});

test('work that waits behind a crash is done by the next worker', async (context) => {
  const workers = start(context);
  const results = await Promise.allSettled([
    decodePoison(workers, 'bad', 'SIGSEGV'),
    decodeRubbish(workers, 'one'),
    decodeRubbish(workers, 'two'),
  ]);
  assert.deepEqual(
    results.map(({ status }) => status),
    ['fulfilled', 'fulfilled', 'fulfilled'],
  );
});

test('who is killed from outside is not blamed on the camera', async (context) => {
  const workers = start(context);
  for (let kill = 0; kill < 3; kill++) {
    await until(() => workers.link('good'));
    await decodePoison(workers, 'good', 'SIGKILL');
  }
  await until(() => workers.link('good'));
  await decodeRubbish(workers, 'good');
});

test('too much work is refused at once', async (context) => {
  const workers = start(context);
  const gate = Promise.withResolvers<undefined>();
  const held = Array.from({ length: 64 }, () => workers.use('gate', () => gate.promise));
  await assert.rejects(
    workers.use('gate', () => gate.promise),
    { code: 'ERR_MEDIA_BUSY' },
  );
  gate.resolve(undefined);
  await Promise.all(held);
});

test('quarantine: three crashes within a minute, for ten minutes', () => {
  const quarantine = new Quarantine();
  assert.equal(quarantine.blame('gate', 0), false);
  assert.equal(quarantine.blame('gate', 50_000), false);
  assert.equal(quarantine.blame('gate', 70_000), false, 'the first is too long ago');
  assert.equal(quarantine.isHeld('gate', 70_000), false);
  assert.equal(quarantine.blame('gate', 71_000), true);
  assert.equal(quarantine.isHeld('gate', 71_000 + 599_999), true);
  assert.equal(quarantine.isHeld('door', 71_000), false);
  assert.equal(quarantine.isHeld('gate', 71_000 + 600_000), false);
  assert.equal(quarantine.blame('gate', 71_000 + 600_001), false, 'begins anew');
});

/** Tries again as long as the worker rests. */
async function until<Result>(attempt: () => Promise<Result>): Promise<Result> {
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof LinkError) || error.code !== 'ERR_WORKER_UNAVAILABLE') throw error;
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}
