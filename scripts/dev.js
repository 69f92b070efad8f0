// The gateway and the dashboard, both reloading when their sources change.
import { spawn } from 'node:child_process';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '..');
const gateway = spawn(process.execPath, ['--watch', 'apps/gateway/src/main.ts', ...process.argv.slice(2)], {
  cwd: root,
  stdio: 'inherit',
});
const dashboard = spawn(process.execPath, [path.join(root, 'node_modules/vite/bin/vite.js')], {
  cwd: path.join(root, 'apps/dashboard'),
  stdio: 'inherit',
});

const children = [gateway, dashboard];
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) {
  process.on(signal, () => children.forEach((child) => child.kill(signal)));
}
// Either is of no use without the other.
for (const child of children) child.on('exit', () => children.forEach((other) => other.kill('SIGTERM')));
