import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { joinAnnexB, type AccessUnit } from '@vedette/media';
import { ffmpeg } from '../../../../../packages/media/src/testing/ffmpeg.ts';
import { frameHashes } from '../../../../../packages/media/src/testing/frame-hashes.ts';
import { SourceRun } from '../testing/source-run.ts';
import { HlsSource } from './hls-source.ts';
import { FileSite, type FileSiteOptions } from './testing/file-site.ts';

const SCENE = [
  ...['-f', 'lavfi', '-i', 'testsrc2=size=160x120:rate=25:duration=2'],
  ...['-f', 'lavfi', '-i', 'sine=frequency=440:sample_rate=48000:duration=2'],
];
const CODED = [
  ...['-pix_fmt', 'yuv420p', '-c:v', 'libx264', '-preset', 'veryfast', '-g', '25', '-bf', '2'],
  ...['-c:a', 'aac', '-ac', '2'],
];
const PICTURES = 50;

const run = (address: string): SourceRun => new SourceRun(new HlsSource({ address, userAgent: 'test' }));
const annexB = (units: readonly AccessUnit[]): Uint8Array =>
  new Uint8Array(Buffer.concat(units.map(({ data }) => joinAnnexB(data))));

function assertSteady(units: readonly AccessUnit[], most: number): void {
  units.slice(1).forEach(({ dts }, i) => {
    const step = (dts - (units[i]?.dts ?? 0)) / (units[i]?.track.clockRate ?? 1);
    assert.ok(step >= 0 && step <= most, `a step of ${step} s`);
  });
}

describe('HLS from a server', () => {
  let folder = '';
  const clip = (): string => path.join(folder, 'clip.mp4');
  const make = (name: string, ...args: readonly string[]): void => {
    const segments = path.join(folder, `${name}-%03d${args.includes('fmp4') ? '.m4s' : '.ts'}`);
    const hls = ['-f', 'hls', '-hls_time', '1', '-hls_list_size', '0', '-hls_playlist_type', 'vod'];
    ffmpeg([
      ...['-i', clip(), '-c', 'copy', ...hls, '-hls_segment_filename', segments],
      ...['-hls_fmp4_init_filename', `${name}-init.mp4`, ...args, '-y', path.join(folder, `${name}.m3u8`)],
    ]);
  };
  before(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'vedette-hls-'));
    ffmpeg([...SCENE, ...CODED, '-y', clip()]);
    make('ts');
    make('fmp4', '-hls_segment_type', 'fmp4');
    make('ranges', '-hls_segment_type', 'fmp4', '-hls_flags', 'single_file');
    writeFileSync(path.join(folder, 'secret.key'), Buffer.from('0123456789abcdef'));
    writeFileSync(path.join(folder, 'key-info'), `secret.key\n${path.join(folder, 'secret.key')}\n`);
    make('encrypted', '-hls_key_info_file', path.join(folder, 'key-info'));
    make('video', '-an');
    make('audio', '-vn');
    writeFileSync(
      path.join(folder, 'main.m3u8'),
      [
        '#EXTM3U',
        '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="sound",NAME="x",DEFAULT=YES,URI="audio.m3u8"',
        '#EXT-X-STREAM-INF:BANDWIDTH=1000',
        'missing.m3u8',
        '#EXT-X-STREAM-INF:BANDWIDTH=900000,AUDIO="sound",CODECS="avc1.64000c,mp4a.40.2"',
        'video.m3u8',
        '',
      ].join('\n'),
    );
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  async function withSite(options: FileSiteOptions, use: (site: FileSite) => Promise<void>): Promise<void> {
    const site = await new FileSite(folder, options).start();
    try {
      await use(site);
    } finally {
      await site.close();
    }
  }

  for (const { name, options } of [
    { name: 'ts', options: {} },
    { name: 'fmp4', options: { hasGzip: true } },
    { name: 'ranges', options: {} },
    { name: 'encrypted', options: {} },
    { name: 'main', options: {} },
  ]) {
    test(`a recording (${name}): all of it, at its pace, then it ends`, async () => {
      await withSite(options, async (site) => {
        const startedMs = performance.now();
        const played = run(`http://127.0.0.1:${site.port}/${name}.m3u8`);
        assert.equal(await played.ended, undefined);
        const video = played.of('video');
        assert.equal(video.length, PICTURES);
        assert.deepEqual(
          played.tracks.map(({ codec, id }) => `${id} ${codec}`),
          ['0 h264', '1 aac'],
        );
        assert.deepEqual(frameHashes(annexB(video), 'h264'), frameHashes(clip(), 'mp4'));
        assert.ok(performance.now() - startedMs > 1500, 'played, not poured');
        assertSteady(video, 0.041);
        assertSteady(played.of('audio'), 0.0214);
        const starts = (['video', 'audio'] as const).map((kind) => {
          const [first] = played.of(kind);
          return (first?.pts ?? NaN) / (first?.track.clockRate ?? 1);
        });
        // The encoder's priming and B-frames: less than a tenth of a second.
        assert.ok(Math.abs((starts[0] ?? 0) - (starts[1] ?? 0)) < 0.11, `begins at ${starts.join(' and ')}`);
        assert.deepEqual(played.damage, { lostPackets: 0, damagedPictures: 0 });
      });
    });
  }

  for (const { name, files, map } of [
    { name: 'MPEG-TS', files: ['ts-000.ts', 'ts-001.ts'], map: '' },
    { name: 'MP4', files: ['fmp4-000.m4s', 'fmp4-001.m4s'], map: '#EXT-X-MAP:URI="fmp4-init.mp4"\n' },
  ]) {
    test(`discontinuities (${name}): time goes on where the server's begins anew`, async () => {
      const lines = ['#EXTM3U', '#EXT-X-VERSION:7', '#EXT-X-TARGETDURATION:1', '#EXT-X-PLAYLIST-TYPE:VOD'];
      for (let pass = 0; pass < 2; pass++) {
        if (pass > 0) lines.push('#EXT-X-DISCONTINUITY');
        for (const file of files) lines.push(`${map}#EXTINF:1,`, file);
      }
      writeFileSync(path.join(folder, 'twice.m3u8'), [...lines, '#EXT-X-ENDLIST', ''].join('\n'));
      await withSite({}, async (site) => {
        const played = run(`http://127.0.0.1:${site.port}/twice.m3u8`);
        assert.equal(await played.ended, undefined);
        assert.equal(played.of('video').length, 2 * PICTURES);
        // Time goes on behind whichever track came furthest: sound is ahead by some frames.
        assertSteady(played.of('video'), 0.2);
        assertSteady(played.of('audio'), 0.2);
      });
    });
  }

  test('a segment that is missing costs itself only', async () => {
    const intercept: FileSiteOptions['intercept'] = ({ url = '' }, response) => {
      if (!url.startsWith('/ts-000')) return false;
      response.writeHead(404).end();
      return true;
    };
    await withSite({ intercept }, async (site) => {
      const played = run(`http://127.0.0.1:${site.port}/ts.m3u8`);
      assert.equal(await played.ended, undefined);
      assert.equal(played.of('video').length, PICTURES / 2);
    });
  });

  test('redirects are followed, credentials go to the same host only', async () => {
    const sent: (string | undefined)[] = [];
    const intercept: FileSiteOptions['intercept'] = ({ url, headers }, response) => {
      sent.push(headers.authorization);
      if (url !== '/start.m3u8') return false;
      response.writeHead(302, { location: `http://localhost:${other.port}/ts.m3u8` }).end();
      return true;
    };
    const other = await new FileSite(folder, {
      intercept: ({ headers }) => {
        assert.equal(headers.authorization, undefined);
        return false;
      },
    }).start();
    await withSite({ credentials: 'user:p@ss', intercept }, async (site) => {
      const played = await run(`http://user:p@ss@127.0.0.1:${site.port}/start.m3u8`).untilPictures(10);
      await played.stop();
      assert.ok(sent.length > 0 && sent.every((value) => value?.startsWith('Basic ') === true));
      assert.ok(other.requests.some((url) => url.startsWith('/ts-000')));
    });
    await other.close();
  });

  for (const { name, address, code, isPermanent } of [
    {
      name: 'a wrong password',
      address: 'http://user:wrong@127.0.0.1:PORT/ts.m3u8',
      code: 'ERR_HTTP_UNAUTHORIZED',
      isPermanent: true,
    },
    {
      name: 'no playlist there',
      address: 'http://user:pass@127.0.0.1:PORT/none.m3u8',
      code: 'ERR_HTTP_NOT_FOUND',
      isPermanent: false,
    },
    {
      name: 'no playlist at all',
      address: 'hls+http://user:pass@127.0.0.1:PORT/clip.mp4',
      code: 'ERR_HLS_NOT_UTF8',
      isPermanent: false,
    },
    {
      name: 'a metadata service',
      address: 'http://169.254.169.254/latest.m3u8',
      code: 'ERR_ADDRESS_REFUSED',
      isPermanent: true,
    },
  ]) {
    test(`${name}: ${code}`, async () => {
      await withSite({ credentials: 'user:pass' }, async (site) => {
        const error = await run(address.replace('PORT', String(site.port))).failure();
        assert.equal(error.code, code);
        assert.equal(error.isPermanent, isPermanent);
        assert.ok(!error.message.includes('pass') || error.message.includes('password'));
      });
    });
  }

  test('a server that leads into a metadata service is not followed there', async () => {
    const intercept: FileSiteOptions['intercept'] = (_request, response) => {
      response.writeHead(302, { location: 'http://169.254.169.254/x.m3u8' }).end();
      return true;
    };
    await withSite({ intercept }, async (site) => {
      const error = await run(`http://127.0.0.1:${site.port}/x.m3u8`).failure();
      assert.equal(error.code, 'ERR_ADDRESS_REFUSED');
    });
  });

  test('a server that dies in the middle ends the attempt', async () => {
    const site = await new FileSite(folder).start();
    const played = run(`http://127.0.0.1:${site.port}/live.m3u8`);
    await played.ended;
    const live = startLive(folder, []);
    try {
      await untilThere(path.join(folder, 'live.m3u8'));
      const again = await run(`http://127.0.0.1:${site.port}/live.m3u8`).untilPictures(10);
      await site.close();
      const error = await again.failure();
      assert.match(error.code, /^ERR_CONNECT/);
    } finally {
      await stop(live);
    }
  });

  for (const { name, args } of [
    { name: 'MPEG-TS', args: [] },
    {
      name: 'fragmented MP4',
      args: ['-hls_segment_type', 'fmp4', '-hls_fmp4_init_filename', 'live-init.mp4'],
    },
  ]) {
    test(`a live playlist that slides (${name}): goes on past what was there at the start, then it stalls`, async () => {
      rmSync(path.join(folder, 'live.m3u8'), { force: true });
      const live = startLive(folder, args);
      try {
        await untilThere(path.join(folder, 'live.m3u8'));
        await withSite({}, async (site) => {
          const played = run(`http://127.0.0.1:${site.port}/live.m3u8`);
          await played.untilPictures(100);
          assertSteady(played.of('video'), 0.041);
          await stop(live);
          assert.equal((await played.failure()).code, 'ERR_HLS_STALLED');
        });
      } finally {
        await stop(live);
      }
    });
  }
});

/** A camera of 25 pictures a second, as HLS of the last five seconds. */
function startLive(folder: string, args: readonly string[]): ChildProcess {
  const hls = [
    '-f',
    'hls',
    '-hls_time',
    '1',
    '-hls_list_size',
    '5',
    '-hls_flags',
    'delete_segments+omit_endlist',
  ];
  return spawn(
    'ffmpeg',
    [
      ...['-v', 'error', '-nostdin', '-re', '-f', 'lavfi', '-i', 'testsrc2=size=160x120:rate=25'],
      ...[
        '-pix_fmt',
        'yuv420p',
        '-c:v',
        'libx264',
        '-preset',
        'ultrafast',
        '-tune',
        'zerolatency',
        '-g',
        '25',
      ],
      ...[
        ...hls,
        '-hls_segment_filename',
        path.join(folder, args.length > 0 ? 'live-%03d.m4s' : 'live-%03d.ts'),
      ],
      ...[...args, path.join(folder, 'live.m3u8')],
    ],
    { stdio: 'ignore' },
  );
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}

async function untilThere(file: string): Promise<void> {
  for (let i = 0; !existsSync(file); i++) {
    if (i > 600) throw new Error(`${file} never came: is the ffmpeg command there? apt-get install ffmpeg`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
