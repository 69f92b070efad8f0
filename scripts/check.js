// Everything that can be known without running the program: types, lint, format, import rules, unused
// code, and whether the API document is what the code says. All of it runs, whatever fails.
import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '..');

/** @type {[name: string, command: string, args: string[]][]} */
const CHECKS = [
  ['lint', 'eslint', ['.', '--max-warnings', '0']],
  ['types', 'tsc', ['-p', 'tsconfig.json']],
  ['types, browser', 'tsc', ['-p', 'tsconfig.browser.json']],
  ['types, browser tests', 'tsc', ['-p', 'tsconfig.browser-tests.json']],
  ['import rules', 'depcruise', ['packages', 'apps', 'e2e', 'bench', '--config', '.dependency-cruiser.js']],
  ['unused code', 'knip', []],
  ['format', 'prettier', ['--check', '--log-level', 'warn', '.']],
  ['documents', 'node', ['scripts/documents.ts', '--check']],
];

/** @param {(typeof CHECKS)[number]} check */
async function run([name, command, args]) {
  const started = performance.now();
  const child = spawn(path.join(root, 'node_modules/.bin', command), args, { cwd: root });
  let output = '';
  child.stdout.on('data', (/** @type {Buffer} */ chunk) => (output += chunk.toString()));
  child.stderr.on('data', (/** @type {Buffer} */ chunk) => (output += chunk.toString()));
  const code = await new Promise((resolve) => child.once('close', resolve));
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  process.stdout.write(`${code === 0 ? 'ok  ' : 'FAIL'} ${name} (${seconds} s)\n`);
  if (code !== 0) process.stdout.write(`${output.trimEnd()}\n\n`);
  return code === 0;
}

const queue = [...CHECKS];
/** @type {boolean[]} */
const results = [];
await Promise.all(
  Array.from({ length: Math.max(2, availableParallelism()) }, async () => {
    for (let check = queue.shift(); check !== undefined; check = queue.shift())
      results.push(await run(check));
  }),
);
process.exitCode = results.every(Boolean) ? 0 : 1;
