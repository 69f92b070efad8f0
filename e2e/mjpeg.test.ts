import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, test } from 'node:test';
import { promisify } from 'node:util';
import { parseJpegHeader } from '@vedette/media';
import { MultipartParser, parseMediaType } from '@vedette/protocols';
import { ffmpeg } from '../packages/media/src/testing/ffmpeg.ts';
import { areLive, cameraOf, sessionsOf } from './support/api.ts';
import { startChromium } from './support/chromium.ts';
import { startGateway } from './support/gateway.ts';
import { until } from './support/until.ts';

const FRAME_MS = 50;
const SIZE = { width: 800, height: 600 };

/** Ten JPEGs of a moving picture. */
const PICTURES = splitJpegs(
  ffmpeg([
    '-f',
    'lavfi',
    '-i',
    'testsrc2=s=800x600:r=10',
    '-t',
    '1',
    '-c:v',
    'mjpeg',
    '-f',
    'image2pipe',
    '-',
  ]).stdout,
);

function splitJpegs(bytes: Buffer): Buffer[] {
  const found: Buffer[] = [];
  new MultipartParser(undefined, ({ body }) => found.push(Buffer.from(body))).push(bytes);
  return found;
}

/** An MJPEG camera that plays them in a loop to everyone. */
const watching = new Set<ServerResponse>();
const camera = createServer((_, response) => {
  response.writeHead(200, { 'content-type': 'multipart/x-mixed-replace; boundary=frame' });
  watching.add(response);
  response.on('close', () => watching.delete(response));
});
let turn = 0;
const film = setInterval(() => {
  const picture = PICTURES[turn++ % PICTURES.length] ?? Buffer.alloc(0);
  for (const response of watching) {
    response.write(`--frame\r\nContent-Type: image/jpeg\r\nContent-Length: ${picture.length}\r\n\r\n`);
    response.write(picture);
    response.write('\r\n');
  }
}, FRAME_MS);
camera.listen(0, '127.0.0.1');
await once(camera, 'listening');
after(() => {
  clearInterval(film);
  camera.closeAllConnections();
  camera.close();
});

const H264 =
  'ffmpeg -nostdin -v error -re -f lavfi -i testsrc2=s=800x600:r=20 -c:v libx264 -preset ultrafast -tune zerolatency -g 40 -pix_fmt yuv420p -f mpegts -';
const gateway = await startGateway({
  config: [
    'cameras:',
    `  jpeg: {source: "mjpeg+http://127.0.0.1:${(camera.address() as AddressInfo).port}/"}`,
    `  h264: {source: "exec:${H264}"}`,
    '  gone: {source: "exec:/nowhere/program secret"}',
  ].join('\n'),
});
after(async () => gateway.close());
await until(async () => areLive(gateway.http, ['jpeg', 'h264']));

/** Watches for `count` pictures. */
async function watch(path: string, count: number): Promise<Buffer[]> {
  const abort = new AbortController();
  const response = await fetch(`${gateway.http}${path}`, { signal: abort.signal });
  assert.equal(response.status, 200, path);
  const { type, boundary } = parseMediaType(response.headers.get('content-type') ?? '');
  assert.equal(type, 'multipart/x-mixed-replace');
  const found: Buffer[] = [];
  const parser = new MultipartParser(boundary, ({ headers, body }) => {
    assert.equal(headers.get('content-type'), 'image/jpeg');
    assert.equal(headers.get('content-length'), String(body.length));
    found.push(Buffer.from(body));
  });
  assert.ok(response.body !== null);
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
    parser.push(chunk);
    if (found.length >= count) break;
  }
  abort.abort();
  return found;
}

function sizesOf(pictures: readonly Uint8Array[]): string[] {
  return [
    ...new Set(pictures.map((one) => parseJpegHeader(one)).map(({ width, height }) => `${width}x${height}`)),
  ];
}

test('MJPEG: an MJPEG camera that fits passes through, byte for byte', async () => {
  const pictures = await watch('/live/jpeg/stream.mjpeg', 20);
  assert.ok(pictures.every((one) => PICTURES.some((sent) => sent.equals(one))));
});

for (const { path, size } of [
  { path: '/live/h264/stream.mjpeg', size: '800x600' },
  { path: '/live/h264/stream.mjpeg?quality=low', size: '640x480' },
  { path: '/live/h264/stream.mjpeg?quality=ultra', size: '800x600' },
  { path: '/live/h264/stream.mjpeg?w=320&fps=5', size: '320x240' },
  { path: '/live/jpeg/stream.mjpeg?quality=low', size: '640x480' },
  { path: '/live/jpeg/stream.mjpeg?w=160', size: '160x120' },
]) {
  test(`MJPEG: ${path} is ${size}`, async () => assert.deepEqual(sizesOf(await watch(path, 5)), [size]));
}

test('MJPEG: better quality is larger', async () => {
  const bytes: number[] = [];
  for (const quality of ['low', 'medium', 'ultra']) {
    const pictures = await watch(`/live/h264/stream.mjpeg?quality=${quality}`, 5);
    bytes.push(pictures.reduce((sum, { length }) => sum + length, 0));
  }
  assert.deepEqual(
    bytes,
    [...bytes].sort((one, other) => one - other),
  );
});

// Three of the bars, low in the picture, where none of the moving figures comes by.
for (const { colour, x } of [
  { colour: 'red', x: 10 },
  { colour: 'green', x: 210 },
  { colour: 'magenta', x: 610 },
]) {
  test(`MJPEG: ${colour} stays ${colour}`, () => {
    const average = (source: string[]): number[] => {
      const output = ['-pix_fmt', 'rgb24', '-f', 'rawvideo', '-'];
      const { stdout } = ffmpeg([
        ...source,
        ...['-frames:v', '1', '-vf', `crop=16:16:${x}:575,scale=1:1`],
        ...output,
      ]);
      return [...stdout];
    };
    const made = average(['-f', 'mpjpeg', '-i', `${gateway.http}/live/h264/stream.mjpeg?quality=ultra`]);
    const wanted = average(['-f', 'lavfi', '-i', 'testsrc2=s=800x600:r=20']);
    assert.ok(
      made.every((value, index) => Math.abs(value - (wanted[index] ?? 0)) < 24),
      `${made.join()} for ${wanted.join()}`,
    );
  });
}

test('MJPEG: sessions, one encoder for all who want the same, and none when nobody does', async () => {
  const abort = new AbortController();
  const viewers = await Promise.all(
    Array.from({ length: 3 }, async () =>
      fetch(`${gateway.http}/live/h264/stream.mjpeg?quality=low`, { signal: abort.signal }),
    ),
  );
  assert.deepEqual(
    viewers.map(({ status }) => status),
    [200, 200, 200],
  );
  const mjpeg = async (): Promise<number> =>
    (await sessionsOf(gateway.http)).filter(({ protocol }) => protocol === 'mjpeg').length;
  await until(async () => (await mjpeg()) === 3);
  abort.abort();
  await until(async () => (await mjpeg()) === 0);
});

test('MJPEG: what makes no sense is refused', async () => {
  for (const [path, status] of [
    ['/live/h264/stream.mjpeg?quality=best', 400],
    ['/live/h264/stream.mjpeg?fps=0', 400],
    ['/live/h264/stream.mjpeg?w=1', 400],
    ['/live/nobody/stream.mjpeg', 404],
    ['/live/gone/stream.mjpeg', 503],
  ] as const) {
    const response = await fetch(`${gateway.http}${path}`);
    assert.equal(response.status, status, path);
    assert.match(((await response.json()) as { code: string }).code, /^ERR_/);
  }
});

test('MJPEG: curl and ffmpeg play it', () => {
  const url = `${gateway.http}/live/h264/stream.mjpeg`;
  const curl = spawnSync('curl', ['-s', '--max-time', '1', url]);
  assert.ok(splitJpegs(curl.stdout).length > 3);
  const { stderr, stdout } = ffmpeg(['-f', 'mpjpeg', '-i', url, '-frames:v', '10', '-f', 'framemd5', '-']);
  assert.equal(
    stdout
      .toString()
      .split('\n')
      .filter((line) => /^0,/.test(line)).length,
    10,
    stderr,
  );
});

test('MJPEG: a browser shows it in an image', async (context) => {
  const browser = await startChromium(context);
  const page = await browser.newPage();
  await page.goto(`${gateway.http}/`);
  for (const path of ['/live/jpeg/stream.mjpeg', '/live/h264/stream.mjpeg']) {
    await page.evaluate(`document.body.innerHTML = '<img id="live" src="${path}">'`);
    const seen = new Set<unknown>();
    await until(
      async () => {
        const shown = await page.evaluate(PICTURE_SHOWN);
        if (shown !== '') seen.add(shown);
        return seen.size >= 3;
      },
      { what: `the image of ${path} moves` },
    );
  }
});

/** In the page: the pixels that are shown, small; nothing where there are none. */
const PICTURE_SHOWN = `(() => {
  const image = document.querySelector('#live');
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = 64;
  if (image === null || image.naturalWidth === 0) return '';
  canvas.getContext('2d').drawImage(image, 0, 0, 64, 64);
  return canvas.toDataURL();
})()`;

test('an MJPEG camera is H.264 for those who take no JPEGs, and has snapshots', async () => {
  const { tracks } = await cameraOf(gateway.http, 'jpeg');
  assert.deepEqual(
    tracks.map(({ codec, width, height }) => ({ codec, width, height })),
    [{ codec: 'mjpeg', ...SIZE }],
  );
  // Not in one go: the camera is this process.
  const probe = [
    '-v',
    'error',
    '-rtsp_transport',
    'tcp',
    '-show_entries',
    'stream=codec_name,width',
    '-of',
    'csv',
  ];
  const { stdout } = await promisify(execFile)('ffprobe', [...probe, `${gateway.rtsp}/jpeg`]);
  assert.equal(stdout.trim(), `stream,h264,${SIZE.width}`);
  const whole = Buffer.from(await (await fetch(`${gateway.http}/live/jpeg/snapshot.jpg`)).arrayBuffer());
  assert.ok(
    PICTURES.some((sent) => sent.equals(whole)),
    'a snapshot is a picture of the camera as it is',
  );
  const small = Buffer.from(
    await (await fetch(`${gateway.http}/live/jpeg/snapshot.jpg?w=100`)).arrayBuffer(),
  );
  assert.equal(parseJpegHeader(small).width, 100);
});

test('a program that is missing is a reason, and its arguments are nowhere to be read', async () => {
  await until(async () => (await cameraOf(gateway.http, 'gone')).state.name === 'offline');
  const gone = await cameraOf(gateway.http, 'gone');
  assert.equal(gone.state.name === 'offline' && gone.state.code, 'ERR_PROGRAM_MISSING');
  assert.equal(gone.source, 'exec:/nowhere/program');
  assert.doesNotMatch(gateway.log(), /secret/);
});
