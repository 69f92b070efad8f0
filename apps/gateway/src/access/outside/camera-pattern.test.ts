import fc from 'fast-check';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseCameraPattern } from './camera-pattern.ts';

for (const { pattern, fits, not } of [
  { pattern: '^cam', fits: ['cam1', 'camera'], not: ['mycam'] },
  { pattern: 'gate', fits: ['gate', 'backgate-2'], not: ['door'] },
  { pattern: '^(front|back)-.*$', fits: ['front-1', 'back-'], not: ['side-1'] },
  { pattern: '^(?:front|back)$', fits: ['front'], not: ['front-1'] },
  { pattern: '^(front-)?gate$', fits: ['gate', 'front-gate'], not: ['back-gate'] },
  { pattern: '^cam[0-9]{1,3}$', fits: ['cam1', 'cam123'], not: ['cam', 'cam1234'] },
  { pattern: '^cam\\d+$', fits: ['cam17'], not: ['camera'] },
  { pattern: '^(ab){2}$', fits: ['abab'], not: ['ab'] },
  { pattern: '^.*-floor2-.*-.*$', fits: ['x-floor2-y-z'], not: ['floor2'] },
  { pattern: '', fits: ['anything'], not: [] },
  { pattern: '^[^x]+?$', fits: ['gate'], not: ['xgate'] },
]) {
  test(`a pattern that is taken: ${pattern}`, () => {
    const found = parseCameraPattern(pattern);
    assert.ok(found !== undefined);
    for (const id of fits) assert.ok(found.test(id), id);
    for (const id of not) assert.ok(!found.test(id), id);
  });
}

for (const pattern of [
  '(a+)+$',
  '^(a|a)*$',
  '^(a|aa)+$',
  '^((a?){10}){10}$',
  '^(\\w*)*$',
  'a*a*a*$',
  '^a*a*a*a*$',
  '^x|a*a*a*$',
  '(?=a)b',
  '(?!a)b',
  '(?<=a)b',
  '(?<name>a)',
  '(a)\\1',
  '\\u{61}',
  '\\bx',
  'a{1000}',
  'a{2,500}',
  '(',
  ')',
  '(a',
  '[a',
  '*a',
  'a**',
  '+',
  '\\',
  'a'.repeat(201),
]) {
  test(`a pattern that is refused: ${pattern.slice(0, 30)}`, () => {
    assert.equal(parseCameraPattern(pattern), undefined);
  });
}

test('any text is refused, or is a pattern that ends on the hardest of ids', () => {
  const atom = fc.constantFrom('a', '.', '[a-z]', '\\w', '(a)', '(?:a|b)', '^', '$', '|', '(', ')');
  const quantifier = fc.constantFrom('', '*', '+', '?', '{1,64}', '{2}', '*?');
  const patterns = fc
    .array(fc.tuple(atom, quantifier), { maxLength: 12 })
    .map((items) => items.flat().join(''));
  const ids = ['a'.repeat(64), `${'a'.repeat(63)}-`, 'ab'.repeat(32)];
  fc.assert(
    fc.property(fc.oneof(patterns, fc.string()), (text) => {
      const found = parseCameraPattern(text);
      for (const id of found === undefined ? [] : ids) found?.test(id);
    }),
    { numRuns: 2000 },
  );
});
