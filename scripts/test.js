// Runs every test, or those whose path holds one of the words given: npm test -- rtsp hls
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '..');
const words = process.argv.slice(2).filter((word) => !word.startsWith('-'));
const flags = process.argv.slice(2).filter((word) => word.startsWith('-'));

/** A test that hangs fails after this long and says where, instead of holding up everything. */
const LIMIT_MS = 600_000;

const files = ['e2e', 'apps', 'packages', 'bench', 'scripts']
  .flatMap((folder) =>
    readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.test\.[jt]s$/.test(name) && !name.includes('node_modules'))
      .sort()
      .map((name) => path.join(folder, name)),
  )
  .filter((file) => words.length === 0 || words.some((word) => file.includes(word)));

if (files.length === 0) {
  process.stderr.write(`no test file has ${words.join(' or ')} in its path\n`);
  process.exit(1);
}
/**
 * @param {string[]} some
 * @param {number} concurrency files that run at a time
 */
function run(some, concurrency) {
  if (some.length === 0) return 0;
  const limits = [`--test-concurrency=${concurrency}`, `--test-timeout=${LIMIT_MS}`];
  const { status } = spawnSync(process.execPath, ['--test', ...limits, ...flags, ...some], {
    cwd: root,
    stdio: 'inherit',
  });
  return status ?? 1;
}

// What a file needs of the machine. A test of the whole program with a browser plays in real time and decodes: it
// wants the machine for itself. One against other peers mostly waits for them: some run at a time. Everything else
// is bound by the processors.
const isWhole = (/** @type {string} */ file) => file.startsWith('e2e');
const hasBrowser = (/** @type {string} */ file) =>
  readFileSync(path.join(root, file), 'utf8').includes('/chromium.ts');
const cores = Math.max(2, availableParallelism());
const results = [
  run(
    files.filter((file) => !isWhole(file)),
    cores,
  ),
  run(
    files.filter((file) => isWhole(file) && !hasBrowser(file)),
    cores,
  ),
  run(
    files.filter((file) => isWhole(file) && hasBrowser(file)),
    1,
  ),
];
process.exit(Math.max(...results));
