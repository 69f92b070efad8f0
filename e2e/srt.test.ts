import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { after, before, test } from 'node:test';
import { startGateway, type RunningGateway } from './support/gateway.ts';
import { until } from './support/until.ts';

const PASSPHRASE = 'correct horse battery';

let gateway: RunningGateway;
before(async () => {
  gateway = await startGateway({ demo: true, environment: { VEDETTE_SRT_PASSPHRASE: PASSPHRASE } });
});
after(async () => {
  await gateway.close();
});

async function watch(streamId: string): Promise<{ code: number | null; output: string }> {
  const address = `${gateway.srt}?streamid=${streamId}&passphrase=${PASSPHRASE}`;
  const input = ['-probesize', '200000', '-analyzeduration', '500000', '-i', address];
  const child = spawn(
    'ffmpeg',
    ['-nostdin', '-v', 'error', ...input, '-frames:v', '25', '-f', 'framemd5', '-'],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, output };
}

test('the demo camera, which nobody watches yet, plays by SRT with sound, encrypted', async () => {
  const watching = watch('read:demo');
  await until(async () => {
    const page = (await (await fetch(`${gateway.http}/api/v1/sessions`)).json()) as {
      items: { protocol: string; bytes: number }[];
    };
    return page.items.some(({ protocol, bytes }) => protocol === 'srt' && bytes > 0);
  });
  const { code, output } = await watching;
  assert.equal(code, 0, output);
  assert.match(output, /codec_id 1: pcm_s16le/, 'there is sound');
  const metrics = await (await fetch(`${gateway.http}/metrics`)).text();
  assert.match(metrics, /vedette_srt_connections \d/);
  assert.match(metrics, /vedette_sessions_total\{protocol="srt",kind="view"\} 1/);
});

test('who asks for a camera that is not there is refused, and no secret is logged', async () => {
  const { code, output } = await watch('read:nowhere');
  assert.notEqual(code, 0);
  assert.match(output, /rejection/i);
  await until(() => gateway.log().includes('there is no such camera'));
  assert.doesNotMatch(gateway.log(), /horse/);
});
