import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { gatewayTranscodes } from './gateway-transcodes.ts';

test('gatewayTranscodes: as the gateway says, asked once by those who ask together', async (context) => {
  let requests = 0;
  let transcodes = false;
  const server = createServer((request, response) => {
    requests += 1;
    assert.equal(request.url, '/api/v1/server');
    response.end(JSON.stringify({ version: '1', transcodes, rtspPort: null }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  context.after(() => server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  assert.deepEqual(await Promise.all([gatewayTranscodes(url), gatewayTranscodes(url)]), [false, false]);
  assert.equal(requests, 1);
  transcodes = true;
  assert.equal(await gatewayTranscodes(url), true, 'it may have been started anew');
});

test('gatewayTranscodes: where nobody says, it is taken to', async () => {
  assert.equal(await gatewayTranscodes('http://127.0.0.1:1'), true);
});
