import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { ffmpeg, ffprobe } from '../packages/media/src/testing/ffmpeg.ts';
import { decodeFrames, frameHashes } from '../packages/media/src/testing/frame-hashes.ts';
import { areLive, sessionsOf } from './support/api.ts';
import { startGateway, type RunningGateway } from './support/gateway.ts';
import { until } from './support/until.ts';

const SECONDS = 4;
const PICTURES = SECONDS * 25;

/** A file camera, watched as MPEG-TS; and a second gateway that pulls it as low-latency HLS. */
describe('file → gateway → HLS → gateway → MPEG-TS', () => {
  let folder = '';
  let first: RunningGateway | undefined;
  let second: RunningGateway | undefined;
  const clip = (): string => path.join(folder, 'clip.mp4');

  before(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'vedette-ts-'));
    ffmpeg([
      ...['-f', 'lavfi', '-i', `testsrc2=size=320x180:rate=25:duration=${SECONDS}`],
      ...['-f', 'lavfi', '-i', `sine=frequency=440:sample_rate=48000:duration=${SECONDS}`],
      ...['-pix_fmt', 'yuv420p', '-c:v', 'libx264', '-preset', 'veryfast', '-g', '25', '-bf', '2'],
      ...['-c:a', 'aac', '-ac', '2', '-y', clip()],
    ]);
    first = await startGateway({ config: `cameras:\n  clip:\n    source: 'file:${clip()}?loop'\n` });
    const { http } = first;
    await until(async () => areLive(http, ['clip']));
    const hls = `hls+${http}/live/clip/index.m3u8`;
    second = await startGateway({ config: `cameras:\n  relay:\n    source: '${hls}'\n` });
    const relay = second.http;
    await until(async () => areLive(relay, ['relay']));
  });
  after(async () => {
    await second?.close();
    await first?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Some seconds of a stream, as ffmpeg keeps them. */
  async function record(url: string, name: string, seconds: number): Promise<string> {
    const file = path.join(folder, name);
    const player = spawn('ffmpeg', [
      '-v',
      'error',
      '-nostdin',
      '-i',
      url,
      '-t',
      `${seconds}`,
      '-c',
      'copy',
      '-y',
      file,
    ]);
    let complaints = '';
    player.stderr.on('data', (chunk: Buffer) => (complaints += chunk.toString()));
    const [code] = (await once(player, 'exit')) as [number | null];
    assert.equal(code, 0, complaints);
    assert.equal(complaints, '');
    return file;
  }

  for (const { name, camera } of [
    { name: 'the file camera', camera: 'clip' },
    { name: 'the one that came by HLS', camera: 'relay' },
  ]) {
    test(`${name}: ffmpeg plays it as MPEG-TS, every picture as it was, over the file's seam`, async () => {
      const gateway = camera === 'clip' ? first : second;
      assert.ok(gateway);
      const file = await record(`${gateway.http}/live/${camera}.ts`, `${camera}.ts`, SECONDS + 2);
      const { streams } = ffprobe(file, '-show_streams') as { streams: { codec_name: string }[] };
      assert.deepEqual(streams.map((stream) => stream.codec_name).sort(), ['aac', 'h264']);
      const known = new Set(frameHashes(clip(), 'mp4'));
      const frames = decodeFrames(file, 'mpegts');
      assert.ok(frames.length > PICTURES, `${frames.length} pictures`);
      for (const { hash } of frames) assert.ok(known.has(hash), 'a picture that is not in the file');
      const steps = frames.slice(1).map(({ pts }, i) => pts - (frames[i]?.pts ?? 0));
      assert.ok(Math.max(...steps) <= 3600 + 1, `a step of ${Math.max(...steps)} ticks`);
    });
  }

  test('viewers are sessions, and ended when they leave', async () => {
    const { http = '' } = first ?? {};
    const leave = new AbortController();
    const response = await fetch(`${http}/live/clip/stream.ts`, { signal: leave.signal });
    assert.equal(response.headers.get('content-type'), 'video/mp2t');
    const reader = response.body?.getReader();
    assert.ok(reader);
    const chunk = (await reader.read()) as { readonly value?: Uint8Array };
    assert.equal(chunk.value?.[0], 0x47);
    const viewers = async (): Promise<number> =>
      (await sessionsOf(http)).filter(({ protocol }) => protocol === 'ts').length;
    await until(async () => (await viewers()) === 1, { what: 'the viewer is in the list' });
    leave.abort();
    await until(async () => (await viewers()) === 0, { what: 'the viewer is gone' });
  });

  test('an unknown camera is a 404', async () => {
    const response = await fetch(`${first?.http ?? ''}/live/nobody.ts`);
    assert.equal(response.status, 404);
    assert.equal(((await response.json()) as { code: string }).code, 'ERR_CAMERA_NOT_FOUND');
  });
});
