import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isId, proposedId } from './proposed-id.ts';

for (const { name, taken = [], want } of [
  { name: 'Front gate', want: 'front-gate' },
  { name: 'Cổng trước 2', want: 'cong-truoc-2' },
  { name: 'Đường số 7 (phía Đông)', want: 'duong-so-7-phia-dong' },
  { name: '  --Yard!  ', want: 'yard' },
  { name: '门', want: '' },
  { name: '', want: '' },
  { name: 'Gate', taken: ['gate'], want: 'gate-2' },
  { name: 'Gate', taken: ['gate', 'gate-2', 'gate-3'], want: 'gate-4' },
]) {
  test(`proposedId: “${name}” where ${taken.join(', ') || 'nothing'} is taken`, () => {
    assert.equal(proposedId(name, taken), want);
  });
}

test('proposedId: a long name still makes an id', () => {
  const id = proposedId('gate '.repeat(50), []);
  assert.ok(isId(id), id);
  assert.ok(isId(proposedId('gate '.repeat(50), [id])));
});
