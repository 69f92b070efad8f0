import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import { silentLogger } from '../observability/logger.ts';
import { LinkError } from './link.ts';
import { Supervisor, type SupervisorOptions } from './supervisor.ts';
import type { OddNotices, OddRequests } from './testing/odd-worker.ts';
import type { WorkerExit } from './worker-run.ts';

const entry = path.join(import.meta.dirname, 'testing/odd-worker.ts');

type Options = Partial<SupervisorOptions<OddNotices>>;

function supervise(context: TestContext, options: Options = {}): Supervisor<OddNotices, OddRequests> {
  const supervisor = new Supervisor<OddNotices, OddRequests>({
    kind: 'odd',
    entry,
    logger: silentLogger,
    handlers: { requests: {}, notices: { said: () => undefined } },
    ...options,
  });
  context.after(() => supervisor.close());
  return supervisor;
}

function nextExit(supervisor: Supervisor<OddNotices, OddRequests>): Promise<WorkerExit> {
  const { promise, resolve } = Promise.withResolvers<WorkerExit>();
  const stop = supervisor.observe({
    exited: (exit) => {
      stop();
      resolve(exit);
    },
  });
  return promise;
}

function pidOf(supervisor: Supervisor<OddNotices, OddRequests>): number {
  const { pid } = supervisor;
  assert.ok(pid !== undefined);
  return pid;
}

test('a worker answers requests, with attachments, and errors by their code', async (context) => {
  const link = await supervise(context).start();
  const { result, attachment } = await link.request(
    'echo',
    { text: 'grüezi' },
    { attachment: [Buffer.from('ab'), Buffer.from('c')] },
  );
  assert.deepEqual(result, { text: 'grüezi' });
  assert.equal(Buffer.from(attachment).toString(), 'abc');
  await assert.rejects(link.request('fail', null), { code: 'ERR_ODD', message: 'it does not work' });
  await assert.rejects(link.request('ignore', null, { timeoutMs: 1 }), { code: 'ERR_LINK_TIMEOUT' });
});

test('a worker sees no environment but the harmless, and no arguments', async (context) => {
  process.env['VEDETTE_ADMIN_PASSWORD'] = 'secret';
  context.after(() => delete process.env['VEDETTE_ADMIN_PASSWORD']);
  const link = await supervise(context).start();
  const { result } = await link.request('env', null);
  assert.equal(JSON.stringify(result).includes('secret'), false);
  assert.equal(result['argv'], '');
  assert.equal(result['PATH'], process.env['PATH']);
});

test('notices go both ways', async (context) => {
  const { promise, resolve } = Promise.withResolvers<string>();
  const link = await supervise(context, { handlers: { requests: {}, notices: { said: resolve } } }).start();
  link.notify('say', 'hello');
  assert.equal(await promise, 'hello');
});

test('two starts at once make one worker', async (context) => {
  const supervisor = supervise(context);
  const [first, second] = await Promise.all([supervisor.start(), supervisor.start()]);
  assert.equal(first, second);
  assert.equal(supervisor.report.starts, 1);
});

test('a killed worker fails its requests, ends its channels, and is replaced', async (context) => {
  const supervisor = supervise(context);
  const link = await supervisor.start();
  const ended = Promise.withResolvers<string>();
  link.openChannel({ onEnd: ended.resolve });
  const asked = link.request('ignore', null);
  const exited = nextExit(supervisor);
  process.kill(pidOf(supervisor), 'SIGKILL');

  await assert.rejects(asked, { code: 'ERR_LINK_CLOSED' });
  assert.equal(await ended.promise, 'the link is closed');
  assert.equal((await exited).kind, 'signal');
  const next = await supervisor.start();
  assert.notEqual(next, link);
  assert.deepEqual((await next.request('echo', { text: 'again' })).result, { text: 'again' });
  assert.deepEqual(supervisor.report, {
    kind: 'odd',
    running: 1,
    starts: 2,
    crashes: 1,
    crashesByKind: { signal: 1 },
  });
});

for (const { name, kind, limits, hurt } of [
  {
    name: 'that stops answering',
    kind: 'hang',
    limits: { pingMs: 20, maxUnansweredPings: 5 },
    hurt: (supervisor: Supervisor<OddNotices, OddRequests>) => process.kill(pidOf(supervisor), 'SIGSTOP'),
  },
  {
    name: 'that exits by itself',
    kind: 'exit',
    limits: {},
    hurt: (supervisor: Supervisor<OddNotices, OddRequests>) =>
      supervisor.link?.request('exit', { code: 3 }).catch(() => undefined),
  },
  {
    name: 'that sends rubbish',
    kind: 'protocol',
    limits: {},
    hurt: (supervisor: Supervisor<OddNotices, OddRequests>) =>
      supervisor.link?.request('writeRubbish', null).catch(() => undefined),
  },
  {
    name: 'that takes too much memory',
    kind: 'memory',
    limits: { pingMs: 20, maxUnansweredPings: 1000, maxRssBytes: 400 * 1024 * 1024 },
    hurt: (supervisor: Supervisor<OddNotices, OddRequests>) =>
      supervisor.link?.request('grow', { bytes: 500 * 1024 * 1024 }).catch(() => undefined),
  },
]) {
  test(`a worker ${name} is killed, counted as ${kind} and replaced`, async (context) => {
    const supervisor = supervise(context, { limits });
    await supervisor.start();
    const pid = pidOf(supervisor);
    const exited = nextExit(supervisor);
    void hurt(supervisor);
    const exit = await exited;
    assert.equal(exit.kind, kind, exit.detail);
    assert.equal(exit.pid, pid);
    assert.deepEqual((await (await supervisor.start()).request('echo', { text: 'a' })).result, { text: 'a' });
    assert.notEqual(pidOf(supervisor), pid);
  });
}

test('a worker that cannot start is reported, and rests longer and longer', async (context) => {
  const supervisor = supervise(context, { entry: path.join(import.meta.dirname, 'testing/absent.ts') });
  await assert.rejects(supervisor.start(), (error) => {
    assert.ok(error instanceof LinkError);
    assert.equal(error.code, 'ERR_WORKER_UNAVAILABLE');
    return true;
  });
  while (supervisor.report.crashes < 3) await nextExit(supervisor);
  assert.deepEqual(supervisor.report.crashesByKind, { start: 3 });
  await supervisor.close();
  await assert.rejects(supervisor.start(), { code: 'ERR_LINK_CLOSED' });
});

test('a worker that does not end when asked is killed', async (context) => {
  const supervisor = supervise(context, { limits: { closeMs: 10 } });
  await supervisor.start();
  const exited = nextExit(supervisor);
  process.kill(pidOf(supervisor), 'SIGSTOP');
  await supervisor.close();
  assert.equal((await exited).kind, 'closed');
  assert.equal(supervisor.report.crashes, 0);
  await supervisor.close();
});

test('a worker ends with the gateway that started it', async () => {
  const script = `
    import { Supervisor } from ${JSON.stringify(path.join(import.meta.dirname, 'supervisor.ts'))};
    import { silentLogger } from ${JSON.stringify(path.join(import.meta.dirname, '../observability/logger.ts'))};
    const supervisor = new Supervisor({ kind: 'odd', entry: ${JSON.stringify(entry)}, logger: silentLogger,
      handlers: { requests: {}, notices: {} } });
    await supervisor.start();
    process.stdout.write(String(supervisor.pid));
  `;
  const gateway = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [text] = (await once(gateway.stdout, 'data')) as [Buffer];
  const pid = Number(text.toString());
  assert.ok(isAlive(pid));
  gateway.kill('SIGKILL');
  await once(gateway, 'exit');
  while (isAlive(pid)) await new Promise((resolve) => setImmediate(resolve));
});

/** Whether the process runs; one that has ended may wait for its new parent to notice. */
function isAlive(pid: number): boolean {
  const { status, stdout } = spawnSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' });
  return status === 0 && !stdout.startsWith('Z');
}
