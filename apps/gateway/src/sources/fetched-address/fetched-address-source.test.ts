import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { SourceError, type Source } from '../../cameras/source.ts';
import { SourceRun } from '../testing/source-run.ts';
import { FetchedAddressSource } from './fetched-address-source.ts';

/** Stands for the camera: notes its address, and stays until it is left. */
function camera(addresses: string[], stays = true): (address: string) => Source {
  return (address) => ({
    run: async (context) => {
      const { signal } = context;
      addresses.push(address);
      context.log('connected');
      if (stays && !signal.aborted) await once(signal, 'abort');
    },
  });
}

const print = (text: string): string[] => [
  process.execPath,
  '-e',
  `process.stdout.write(${JSON.stringify(text)})`,
];

for (const { name, text, want } of [
  { name: 'an address alone', text: 'https://host/x.m3u8?token=1\n', want: 'https://host/x.m3u8?token=1' },
  { name: 'JSON', text: '{"url": "rtsps://host/a?auth=2"}', want: 'rtsps://host/a?auth=2' },
  { name: 'a JSON text', text: '"srt://host:9000"', want: 'srt://host:9000' },
]) {
  test(`a command that prints ${name}`, async () => {
    const addresses: string[] = [];
    const from = { command: print(text) };
    const run = new SourceRun(
      new FetchedAddressSource({ from, makeSource: camera(addresses), userAgent: 'test' }),
    );
    await run.until(() => addresses.length > 0 && run.logged.includes('connected'));
    await run.stop();
    assert.deepEqual(addresses, [want]);
  });
}

for (const { name, command } of [
  { name: 'prints nothing', command: print('') },
  { name: 'prints something else', command: print('Error: no credentials') },
  { name: 'leads to a file of this machine', command: print('file:/etc/passwd') },
  { name: 'leads to a program', command: print('exec:reboot') },
  { name: 'fails', command: [process.execPath, '-e', 'process.exit(3)'] },
  { name: 'is not there', command: ['/no/such/program'] },
]) {
  test(`a command that ${name} is an error that may pass`, async () => {
    const from = { command };
    const run = new SourceRun(new FetchedAddressSource({ from, makeSource: camera([]), userAgent: 'test' }));
    const error = await run.failure();
    assert.deepEqual([error.code, error.isPermanent], ['ERR_FETCHED_ADDRESS', false]);
    assert.ok(!error.message.includes('credentials'));
  });
}

test('an HTTP endpoint is asked before each connection', async () => {
  let asked = 0;
  const server = createServer((_request, response) => {
    asked += 1;
    response.end(JSON.stringify({ url: `https://host/${asked}.m3u8` }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/camera`;
  const addresses: string[] = [];
  const source = new FetchedAddressSource({
    from: { url },
    makeSource: camera(addresses, false),
    userAgent: 'test',
  });
  for (let i = 0; i < 2; i++) assert.equal(await new SourceRun(source).ended, undefined);
  assert.deepEqual(addresses, ['https://host/1.m3u8', 'https://host/2.m3u8']);
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
  assert.ok((await new SourceRun(source).ended) instanceof SourceError, 'nobody answers');
});
