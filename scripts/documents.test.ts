import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';

const root = path.resolve(import.meta.dirname, '..');

function sources(folder: string): string[] {
  return readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.tsx?$/.test(name) && !name.includes('node_modules') && !name.includes('.test.'))
    .map((name) => readFileSync(path.join(root, folder, name), 'utf8'));
}

test('every error code that the documentation explains exists', () => {
  const code = [...sources('packages'), ...sources('apps/gateway')].join('\n');
  const named = readFileSync(path.join(root, 'docs/errors.md'), 'utf8').matchAll(/`(ERR_[A-Z0-9_]+)`/g);
  const missing = [...named].flatMap(([, name = '']) => (code.includes(`'${name}'`) ? [] : [name]));
  assert.deepEqual(missing, []);
});

test('every link between the documents leads somewhere', () => {
  const files = ['README.md', ...readdirSync(path.join(root, 'docs')).map((name) => `docs/${name}`)];
  for (const file of files.filter((name) => name.endsWith('.md'))) {
    const text = readFileSync(path.join(root, file), 'utf8');
    for (const [, target = ''] of text.matchAll(/\]\((?!https?:)([^)#]+)/g)) {
      const found = path.resolve(root, path.dirname(file), target);
      assert.doesNotThrow(() => readFileSync(found), `${file} links to ${target}`);
    }
  }
});
