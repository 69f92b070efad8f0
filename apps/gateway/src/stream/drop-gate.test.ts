import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { DropGate } from './drop-gate.ts';

const BOUNDS = { maxQueueBytes: 1000, maxStallMs: 30_000 };

test('a full queue loses whole pictures up to the next random access point', () => {
  const gate = new DropGate(BOUNDS);
  assert.equal(gate.admit(true, 600, 0, 0), 'send');
  assert.equal(gate.admit(false, 300, 600, 40), 'send');
  assert.equal(gate.admit(false, 300, 900, 80), 'drop', 'does not fit');
  assert.equal(gate.admit(false, 10, 0, 120), 'drop', 'fits, but its reference was dropped');
  assert.equal(gate.admit(true, 600, 0, 160), 'send');
  assert.equal(gate.admit(false, 300, 600, 200), 'send');
  assert.equal(gate.dropped, 2);
});

test('a viewer that takes nothing is closed after the stall time, a slow one never', () => {
  const stalled = new DropGate(BOUNDS);
  stalled.admit(true, 900, 0, 0);
  assert.equal(stalled.admit(true, 900, 900, 10_000), 'drop');
  assert.equal(stalled.admit(true, 900, 900, 40_001), 'close');

  const slow = new DropGate(BOUNDS);
  slow.admit(true, 900, 0, 0);
  for (let nowMs = 1000, queued = 900; queued > 200; nowMs += 20_000, queued -= 100) {
    assert.equal(slow.admit(true, 900, queued, nowMs), 'drop');
  }
});

test('a picture larger than the bound still reaches a viewer whose queue is empty', () => {
  const gate = new DropGate(BOUNDS);
  assert.equal(gate.admit(true, 5000, 0, 0), 'send');
  assert.equal(gate.admit(false, 10, 5000, 40), 'drop');
});

test('whatever the viewer does: nothing is sent after a loss but from an entry on, and the queue is bounded', () => {
  const step = fc.record({
    isEntry: fc.boolean(),
    size: fc.integer({ min: 1, max: 800 }),
    drained: fc.nat(1500),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const gate = new DropGate(BOUNDS);
      let queued = 0;
      let hasLost = false;
      for (const [index, { isEntry, size, drained }] of steps.entries()) {
        const verdict = gate.admit(isEntry, size, queued, index * 40);
        if (verdict === 'send') {
          assert.ok(!hasLost || isEntry);
          hasLost = false;
          queued += size;
          assert.ok(queued <= BOUNDS.maxQueueBytes);
        } else {
          hasLost = true;
        }
        queued = Math.max(0, queued - drained);
      }
    }),
  );
});
