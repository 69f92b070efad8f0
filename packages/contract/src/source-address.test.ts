import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isFromFileOnly, sourceAddress } from './source-address.ts';

for (const address of [
  'mjpeg+http://host/video',
  'jpeg+https://host/snap?fps=2',
  'rpicam:',
  'v4l2:/dev/video0',
]) {
  test(`sourceAddress: ${address}`, () => {
    assert.equal(sourceAddress.safeParse(address).success, true);
    assert.equal(isFromFileOnly(address), false);
  });
}

test('sourceAddress: programs and files come from the configuration file only', () => {
  assert.equal(sourceAddress.safeParse('exec:ffmpeg -i a -f mpegts -').success, true);
  assert.equal(isFromFileOnly('EXEC:rm'), true);
  assert.equal(isFromFileOnly('file:/etc/passwd'), true);
});

for (const address of ['', 'exec:', 'ftp://host/', 'mjpeg+ftp://host/', 'v4l2:video0']) {
  test(`sourceAddress: ${JSON.stringify(address)} is refused`, () => {
    assert.equal(sourceAddress.safeParse(address).success, false);
  });
}
