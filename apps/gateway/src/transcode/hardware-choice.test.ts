import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentLogger } from '../observability/logger.ts';
import { HardwareChoice } from './hardware-choice.ts';

for (const hardware of ['auto', 'off', 'vaapi', 'v4l2m2m'] as const) {
  test(`without hardware the processor encodes: ${hardware}`, async () => {
    const choice = new HardwareChoice({ hardware, logger: silentLogger });
    assert.equal(choice.chosen, undefined);
    const [one, other] = await Promise.all([choice.encoder(), choice.encoder()]);
    assert.deepEqual([one, other, choice.chosen], ['libx264', 'libx264', 'libx264']);
  });
}
