import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ReportedLine } from './reported-line.ts';

for (const { name, nacked, lossPercent, want } of [
  { name: 'nothing lost', nacked: 0, lossPercent: 0, want: 0 },
  { name: 'lost, and asked for again', nacked: 30, lossPercent: 2, want: 0.3 },
  { name: 'lost for good', nacked: 5, lossPercent: 20, want: 0.2 },
  { name: 'asked for again and again', nacked: 500, lossPercent: 0, want: 1 },
]) {
  test(`ReportedLine: ${name}`, () => {
    const line = new ReportedLine();
    line.sent(100, 2000);
    line.nacked(nacked, 2500);
    assert.equal(line.figures(lossPercent, 3100).loss, want);
  });
}

test('ReportedLine: the viewer’s own estimate', () => {
  const line = new ReportedLine();
  assert.deepEqual(line.figures(0, 0), { delayMs: 0, loss: 0, throughput: null, capacity: null });
  line.estimated(700_000);
  assert.deepEqual(line.figures(0, 0), { delayMs: 0, loss: 0, throughput: 700_000, capacity: 700_000 });
});
