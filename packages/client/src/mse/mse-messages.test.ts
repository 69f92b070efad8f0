import assert from 'node:assert/strict';
import { test } from 'node:test';
import { captureTimeOf, mseFailure } from './mse-messages.ts';

for (const { code, want } of [
  { code: 'ERR_CAMERA_OFFLINE', want: { kind: 'offline', reason: 'why' } },
  { code: 'ERR_CAMERA_NOT_FOUND', want: { kind: 'notFound' } },
  { code: 'ERR_MSE_UNPLAYABLE', want: { kind: 'unsupported', obstacle: { kind: 'codec' } } },
  { code: 'ERR_TOO_MANY_REQUESTS', want: { kind: 'refused', reason: 'why' } },
]) {
  test(`mseFailure: ${code} is ${want.kind}`, () => assert.deepEqual(mseFailure(code, 'why'), want));
}

test('captureTimeOf: reads prft, and nothing else', () => {
  const bytes = new Uint8Array(64);
  const view = new DataView(bytes.buffer);
  assert.equal(captureTimeOf(bytes.buffer), undefined);
  view.setUint32(0, 32);
  view.setUint32(4, 0x70726674);
  view.setUint8(8, 1);
  view.setUint32(16, 2_208_988_800 + 1_700_000_000);
  view.setUint32(20, 2 ** 31);
  view.setUint32(24, 1);
  view.setUint32(28, 5);
  assert.deepEqual(captureTimeOf(bytes.buffer), { unixMs: 1_700_000_000_500, ticks: 2 ** 32 + 5 });
  assert.equal(captureTimeOf(new ArrayBuffer(8)), undefined);
});
