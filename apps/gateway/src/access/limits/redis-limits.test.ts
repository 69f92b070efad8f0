import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { silentLogger, type Logger } from '../../observability/logger.ts';
import { RedisLimits } from './redis-limits.ts';
import { RedisServer } from './testing/redis-server.ts';

const RATES = {
  login: { count: 3, seconds: 600 },
  tokens: { count: 5, seconds: 600 },
  api: { count: 1_000_000, seconds: 600 },
  sessions: { count: 2, seconds: 600 },
};

let server: RedisServer;
before(async () => {
  server = await RedisServer.start();
});
after(async () => server.close());

async function until(condition: () => boolean, what: string): Promise<void> {
  const deadline = performance.now() + 20_000;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`did not happen: ${what}`);
    await delay(10);
  }
}

async function connected(url: string, logger: Logger = silentLogger): Promise<RedisLimits> {
  const limits = new RedisLimits({ url, rates: RATES, logger });
  await until(() => limits.isShared, 'Redis answers');
  return limits;
}

test('two gateways count together', async () => {
  const one = await connected(server.url);
  const other = await connected(server.url);
  assert.equal(await one.take('login', '192.0.2.1'), 0);
  assert.equal(await other.take('login', '192.0.2.1'), 0);
  assert.equal(await one.take('login', '192.0.2.1'), 0);
  const wait = await other.take('login', '192.0.2.1');
  assert.ok(wait > 0 && wait <= 600_000, `waits ${wait} ms`);
  assert.equal(await other.take('login', '192.0.2.2'), 0);
  await Promise.all([one.close(), other.close()]);
});

test('Redis killed and started again under load: nothing rejects or hangs, memory counts meanwhile', async () => {
  const lines: string[] = [];
  const note = (details: object, message: string): void => {
    lines.push(`${JSON.stringify(details)} ${message}`);
  };
  const logger: Logger = { ...silentLogger, warn: note, info: note };
  const limits = await connected(server.url, logger);
  let taken = 0;
  let isOver = false;
  const load = Array.from({ length: 4 }, async (_, lane) => {
    while (!isOver) {
      assert.equal(await limits.take('api', `lane-${lane}`), 0);
      taken += 1;
      await delay(1);
    }
  });
  await server.kill();
  await until(() => !limits.isShared, 'Redis is away');
  const waits: number[] = [];
  for (let count = 0; count < 4; count += 1) waits.push(await limits.take('login', 'memory'));
  assert.deepEqual(
    waits.map((wait) => wait > 0),
    [false, false, false, true],
    'memory counts too',
  );
  await server.startAgain();
  await until(() => limits.isShared, 'Redis is back');
  const before = taken;
  await until(() => taken > before + 20, 'the load goes on');
  isOver = true;
  await Promise.all(load);
  await limits.close();
  assert.equal(lines.filter((line) => line.includes('Redis is away')).length, 1, lines.join('\n'));
  assert.equal(lines.filter((line) => line.includes('Redis is back')).length, 1, lines.join('\n'));
  assert.ok(!lines.join('').includes('redis-secret-word'));
});

test('a Redis that stands still holds nobody up', { timeout: 20_000 }, async () => {
  const limits = await connected(server.url);
  server.pause('SIGSTOP');
  try {
    const waits = await Promise.all(Array.from({ length: 20 }, () => limits.take('sessions', 'still')));
    assert.equal(waits.filter((wait) => wait === 0).length, 2, 'memory counts');
  } finally {
    server.pause('SIGCONT');
  }
  await limits.close();
});

test('a Redis that was never there, and one with another password', { timeout: 20_000 }, async () => {
  for (const url of ['redis://127.0.0.1:9', `redis://:wrong@127.0.0.1:${server.port}`]) {
    const limits = new RedisLimits({ url, rates: RATES, logger: silentLogger });
    assert.equal(await limits.take('login', 'a'), 0);
    await limits.close();
  }
});
