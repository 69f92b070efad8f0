import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CallBook } from './call-book.ts';

test('a call is pending until it is decided, and there as long as it repeats itself', () => {
  let nowMs = 0;
  const book = new CallBook(() => nowMs);
  assert.equal(book.again('a'), 'new');
  book.begin('a');
  nowMs = 1400;
  assert.equal(book.again('a'), 'pending');
  nowMs = 2800;
  assert.equal(book.end('a', undefined), true);
  assert.equal(book.again('a'), 'new');
  book.begin('a');
  nowMs += 1500;
  assert.equal(book.end('a', undefined), false, 'not heard for too long');
});

test('a refusal is remembered for three seconds, and not too many of them', () => {
  let nowMs = 0;
  const book = new CallBook(() => nowMs);
  const refuse = (identity: string): void => {
    book.begin(identity);
    book.end(identity, 'unauthorized');
  };
  refuse('a');
  nowMs = 2999;
  assert.equal(book.again('a'), 'unauthorized');
  nowMs = 3000;
  assert.equal(book.again('a'), 'new');
  for (let count = 0; count <= 4096; count += 1) refuse(`caller ${count}`);
  assert.equal(book.again('caller 0'), 'new');
  assert.equal(book.again('caller 1'), 'unauthorized');
  assert.equal(book.again('caller 4096'), 'unauthorized');
});
