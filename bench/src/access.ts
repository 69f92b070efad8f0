import { createHmac, timingSafeEqual } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Rights } from '../../apps/gateway/src/access/rights.ts';
import { StreamTokenProver } from '../../apps/gateway/src/access/tokens/stream-token-prover.ts';
import {
  StreamTokens,
  type StreamTokensOptions,
} from '../../apps/gateway/src/access/tokens/stream-tokens.ts';
import { silentLogger } from '../../apps/gateway/src/observability/logger.ts';
import { openStore } from '../../apps/gateway/src/store/open-store.ts';

const TOKENS = 1000;
const CHECKS = 10_000;
const ROUNDS = 20;
const KEY_ID = '6f1c3b52-3d0e-4a77-9a35-0f6f7f1d0009';
const PEER = { address: '192.0.2.1', userAgent: 'bench/1.0' };
/** Ms: what a check may take at the 99th percentile. */
const TARGET_P99_MS = 1;

/**
 * 10,000 checks of stream tokens, as a media door makes them: whose it is, and whether he may. Against no more than
 * computing the signature of the same token, which any check of a JWT has to do.
 */
export async function run(): Promise<void> {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'vedette-bench-access-'));
  const store = await openStore({ dataDir, databaseUrl: undefined, logger: silentLogger });
  try {
    const key = new Uint8Array(32).fill(7);
    const options = optionsOn(store, key);
    const words = await makeTokens(options);
    // As after a start anew: no signature has been looked at.
    const tokens = await StreamTokens.open(options);
    const door = doorOf(tokens, options.rights);
    const first = measure(words, door, words.length);
    warmUp(words, door);
    const { took, bytes } = measure(words, door, CHECKS);
    const hmac = measure(words, hmacOf(key), CHECKS);
    report('first check of each', first.took);
    report('check', took);
    report('HMAC-SHA-256 alone', hmac.took);
    console.log(`heap: ${Math.round(bytes / CHECKS)} bytes a check`);
    const p99 = percentile(took, 0.99);
    console.log(
      `ratio at p50: ${(percentile(took, 0.5) / percentile(hmac.took, 0.5)).toFixed(2)} × the HMAC`,
    );
    console.log(
      `p99 ${p99.toFixed(4)} ms, target < ${TARGET_P99_MS} ms: ${p99 < TARGET_P99_MS ? 'met' : 'MISSED'}`,
    );
    await tokens.close();
  } finally {
    await store.close();
    await rm(dataDir, { recursive: true, force: true });
  }
}

type Check = (word: string) => boolean;

function optionsOn(store: StreamTokensOptions['store'], key: Uint8Array): StreamTokensOptions {
  const rights = new Rights();
  rights.put('apiKey', {
    id: KEY_ID,
    actions: ['view'],
    grants: [],
    expiresAtMs: Number.MAX_SAFE_INTEGER,
  });
  return {
    store,
    rights,
    key,
    audit: { record: () => undefined },
    limits: { take: () => 0 },
    settings: () => ({ minutes: 30, maxMinutes: 1440, perUser: 5, perHour: 20, plans: {} }),
    planOf: () => undefined,
    nameOf: () => 'bench',
    logger: silentLogger,
  };
}

async function makeTokens(options: StreamTokensOptions): Promise<string[]> {
  const tokens = await StreamTokens.open(options);
  const asker = { identity: { kind: 'apiKey', id: KEY_ID, name: 'bench' } as const, peer: PEER };
  const words: string[] = [];
  for (let count = 0; count < TOKENS; count += 1) {
    // Half of them bound, which costs one more hash.
    const bound = count % 2 === 0 ? {} : PEER;
    const made = await tokens.create(asker, { cameraId: `cam-${count % 100}`, actions: ['view'], ...bound });
    if (!made.ok) throw new Error(made.message);
    words.push(made.token);
  }
  await tokens.close();
  return words;
}

function doorOf(tokens: StreamTokens, rights: Rights): Check {
  const prover = new StreamTokenProver(tokens);
  return (word) => {
    const proof = prover.prove({ kind: 'token', token: word }, PEER);
    if (proof?.ok !== true || proof.identity.kind !== 'streamToken') return false;
    const cameraId = tokens.get(proof.identity.id)?.cameraId ?? '';
    return rights.decide(proof.identity, 'view', cameraId) === 'yes';
  };
}

function hmacOf(key: Uint8Array): Check {
  return (word) => {
    const end = word.lastIndexOf('.');
    const signature = Buffer.from(word.slice(end + 1), 'base64url');
    return timingSafeEqual(signature, createHmac('sha256', key).update(word.slice(0, end)).digest());
  };
}

function warmUp(words: readonly string[], check: Check): void {
  for (let round = 0; round < ROUNDS; round += 1) for (const word of words) check(word);
}

/** Ms that each check took, ascending, and how much the heap grew meanwhile. */
function measure(
  words: readonly string[],
  check: Check,
  count: number,
): { readonly took: Float64Array; readonly bytes: number } {
  const took = new Float64Array(count);
  const before = process.memoryUsage().heapUsed;
  for (let index = 0; index < count; index += 1) {
    const word = words[(index * 7919) % words.length] ?? '';
    const begin = performance.now();
    const isGood = check(word);
    took[index] = performance.now() - begin;
    if (!isGood) throw new Error('a token was refused');
  }
  return { took: took.sort(), bytes: Math.max(0, process.memoryUsage().heapUsed - before) };
}

function percentile(sorted: Float64Array, share: number): number {
  return sorted[Math.floor(sorted.length * share)] ?? 0;
}

function report(name: string, took: Float64Array): void {
  const [p50, p99, most] = [percentile(took, 0.5), percentile(took, 0.99), took.at(-1) ?? 0];
  console.log(
    `${name.padEnd(20)} ${took.length} times: p50 ${p50.toFixed(4)} ms, p99 ${p99.toFixed(4)} ms, most ${most.toFixed(4)} ms`,
  );
}
