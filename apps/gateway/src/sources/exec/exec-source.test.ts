import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { totalLength } from '@vedette/media';
import { ffmpeg } from '../../../../../packages/media/src/testing/ffmpeg.ts';
import { sniffFormat } from '../byte-format.ts';
import { SourceRun } from '../testing/source-run.ts';
import { ExecSource, parseExecAddress } from './exec-source.ts';
import { splitCommand } from './split-command.ts';
import { until } from '../../../../../e2e/support/until.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'vedette-exec-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const FRAMES = 40;
const SCENE = `-f lavfi -i testsrc2=s=160x120:r=25 -frames:v ${FRAMES}`;
const H264 = '-c:v libx264 -preset ultrafast -tune zerolatency -bf 0 -g 10 -pix_fmt yuv420p';
const H265 =
  '-c:v libx265 -preset ultrafast -x265-params log-level=none:bframes=0:keyint=10 -pix_fmt yuv420p';

function run(command: string, silenceMs = 5000): SourceRun {
  return new SourceRun(new ExecSource({ address: `exec:${command}`, silenceMs }));
}

for (const { format, output } of [
  { format: 'ts', output: `${H264} -f mpegts -` },
  { format: 'flv', output: `${H264} -f flv -` },
  { format: 'h264', output: `${H264} -f h264 -` },
  { format: 'h265', output: `${H265} -f hevc -` },
  { format: 'mjpeg', output: '-c:v mjpeg -f mjpeg -' },
  { format: 'mjpeg', output: '-c:v mjpeg -f mpjpeg -' },
]) {
  for (const named of ['', `format=${format},`]) {
    test(`ExecSource: ${named}ffmpeg ${output}: every picture comes`, async () => {
      const program = run(`${named}ffmpeg -nostdin -v error ${SCENE} ${output}`);
      const error = await program.failure();
      assert.deepEqual([error.code, error.message], ['ERR_PROGRAM_ENDED', 'the program ended with code 0']);
      assert.equal(program.of('video').length, FRAMES);
      assert.equal(program.tracks.length, 1);
      const times = program.units.map(({ pts }) => pts);
      assert.ok(times.every((time, index) => index === 0 || time > (times[index - 1] ?? time)));
      assert.equal(program.logged.includes('the program writes'), named === '');
    });
  }
}

test('ExecSource: JPEGs are passed on as they are', async () => {
  const file = path.join(folder, 'clip.mjpeg');
  writeFileSync(file, ffmpeg([...SCENE.split(' '), '-c:v', 'mjpeg', '-f', 'mjpeg', '-']).stdout);
  const program = run(`cat '${file}'`);
  await program.failure();
  const sent = Buffer.concat(program.units.flatMap(({ data }) => data));
  assert.equal(Buffer.compare(sent, readFileSync(file)), 0);
});

test('ExecSource: sound comes along', async () => {
  const sound = `-f lavfi -i sine -t 1.5 -c:a aac`;
  const program = run(
    `ffmpeg -nostdin -v error -f lavfi -i testsrc2=s=160x120:r=25 ${sound} ${H264} -f mpegts -`,
  );
  await program.failure();
  assert.deepEqual(program.tracks.map(({ codec }) => codec).sort(), ['aac', 'h264']);
  assert.ok(program.of('audio').length > 50);
});

test('ExecSource: a program that writes faster than it plays is made to wait', async () => {
  const program = run(`ffmpeg -nostdin -v error -f lavfi -i testsrc2=s=160x120:r=25 ${H264} -f mpegts -`);
  await program.until(() => program.of('video').length >= 50);
  const startedMs = performance.now();
  const before = mediaSeconds(program);
  await program.until(() => mediaSeconds(program) >= before + 3);
  const elapsedS = (performance.now() - startedMs) / 1000;
  const played = mediaSeconds(program) - before;
  await program.stop();
  // Never more than the clock, what it may be ahead, and the pieces in which it comes.
  assert.ok(played <= elapsedS * 1.01 + 2 + 3, `${played} s of media within ${elapsedS} s`);
});

function mediaSeconds(program: SourceRun): number {
  return (program.units.at(-1)?.dts ?? 0) / 90_000;
}

test('ExecSource: a flood of pictures without times is bounded', async () => {
  const file = path.join(folder, 'flood.mjpeg');
  writeFileSync(file, Buffer.concat(Array.from({ length: 50 }, () => ffmpegJpeg())));
  const program = run(`sh -c 'while :; do cat ${file}; done'`);
  const startedMs = performance.now();
  await program.until(() => program.units.length >= 400);
  const elapsedS = (performance.now() - startedMs) / 1000;
  await program.stop();
  assert.ok(
    program.units.length <= 120 * (elapsedS * 1.01 + 2) + 200,
    `${program.units.length} in ${elapsedS} s`,
  );
});

let jpeg: Buffer | undefined;
function ffmpegJpeg(): Buffer {
  jpeg ??= ffmpeg([
    '-f',
    'lavfi',
    '-i',
    'testsrc2=s=64x48',
    '-frames:v',
    '1',
    '-f',
    'image2pipe',
    '-c:v',
    'mjpeg',
    '-',
  ]).stdout;
  return jpeg;
}

for (const { name, command, code, says } of [
  { name: 'that is not there', command: '/nowhere/program', code: 'ERR_PROGRAM_MISSING', says: /installed/ },
  { name: 'that may not run', command: folder, code: 'ERR_PROGRAM_REFUSED', says: /EACCES/ },
  {
    name: 'that dies',
    command: `sh -c 'echo first >&2; echo no camera at rtsp://admin:secret@host/a?key=1 >&2; exit 3'`,
    code: 'ERR_PROGRAM_ENDED',
    says: /ended with code 3: no camera at rtsp:\/\/host\/a$/,
  },
  { name: 'that is killed', command: `sh -c 'kill -9 $$'`, code: 'ERR_PROGRAM_ENDED', says: /by SIGKILL$/ },
  { name: 'that hangs', command: 'sleep 100', code: 'ERR_SOURCE_SILENT', says: /nothing that plays/ },
  { name: 'that writes rubbish', command: 'cat /dev/zero', code: 'ERR_PROGRAM_FORMAT', says: /format=/ },
  {
    name: 'that writes noise',
    command: 'format=ts,cat /dev/urandom',
    code: 'ERR_TS_SYNC',
    says: /cannot be read/,
  },
  { name: 'that says too little', command: 'echo', code: 'ERR_PROGRAM_ENDED', says: /code 0/ },
]) {
  test(`ExecSource: a program ${name} is ${code}`, async () => {
    const error = await run(command, 700).failure();
    assert.equal(error.code, code, error.message);
    assert.match(error.message, says);
    assert.doesNotMatch(error.message, /secret/);
  });
}

test('ExecSource: it ends with all that it started, whatever they think of it', async () => {
  const pids = path.join(folder, 'pids');
  const script = path.join(folder, 'stubborn.sh');
  writeFileSync(
    script,
    `trap '' TERM\necho $$ >> ${pids}\n(trap '' TERM; sh -c 'echo $$ >> ${pids}; sleep 100') &\n` +
      `until [ $(wc -l < ${pids}) = 2 ]; do sleep 0.05; done\ncat ${path.join(folder, 'one.jpg')}\nsleep 100\n`,
  );
  writeFileSync(path.join(folder, 'one.jpg'), ffmpegJpeg());
  const program = run(`sh ${script}`);
  await program.until(() => program.units.length > 0);
  await program.stop();
  const left = readFileSync(pids, 'utf8').trim().split('\n').map(Number);
  assert.equal(left.length, 2);
  // Killed they are; the kernel takes a moment to let go of them.
  await until(() => !left.some(isRunning), { what: 'nothing of it runs any more' });
});

/** A killed process that nobody has waited for yet is gone all the same. */
function isRunning(pid: number): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

test('ExecSource: programs know nothing of our environment', async () => {
  process.env['VEDETTE_TEST_SECRET'] = 'secret';
  const error = await run(`sh -c 'echo "[$VEDETTE_TEST_SECRET]" >&2; exit 1'`).failure();
  delete process.env['VEDETTE_TEST_SECRET'];
  assert.match(error.message, /: \[\]$/);
});

test('ExecSource: complaints go to the log, a few at a time', async () => {
  const program = run(`sh -c 'for i in 1 2 3 4 5 6 7 8 9 10 11 12; do echo line $i >&2; done; sleep 0.2'`);
  await program.failure();
  assert.equal(program.logged.filter((line) => line === 'the program says').length, 5);
});

for (const { text, words } of [
  { text: 'ffmpeg -i a', words: ['ffmpeg', '-i', 'a'] },
  { text: `  a  "b c" 'd "e"' f\\ g `, words: ['a', 'b c', 'd "e"', 'f g'] },
  { text: `a "b \\"c\\" \\d" ''`, words: ['a', 'b "c" \\d', ''] },
  { text: `a b'c'"d"`, words: ['a', 'bcd'] },
  { text: 'a $B *.c | d > e; f', words: ['a', '$B', '*.c', '|', 'd', '>', 'e;', 'f'] },
]) {
  test(`splitCommand: ${text}`, () => assert.deepEqual(splitCommand(text), words));
}

for (const text of ['', '  ', `a "b`, `a 'b`, 'a \\', `'' a`]) {
  test(`splitCommand: refuses ${JSON.stringify(text)}`, () => {
    assert.throws(() => splitCommand(text), { code: 'ERR_EXEC_COMMAND', isPermanent: true });
  });
}

test('parseExecAddress: a format is named in front', () => {
  assert.deepEqual(parseExecAddress('exec:format=ts,a b'), { format: 'ts', command: 'a', args: ['b'] });
  assert.deepEqual(parseExecAddress('exec:a format=ts,b'), {
    format: 'auto',
    command: 'a',
    args: ['format=ts,b'],
  });
  assert.throws(() => parseExecAddress('exec:format=avi,a'), { code: 'ERR_EXEC_COMMAND' });
});

for (const { name, bytes, want } of [
  { name: 'H.264 with SPS', bytes: [0, 0, 0, 1, 0x67, 0x42, 0], want: 'h264' },
  { name: 'H.264 with delimiter', bytes: [0, 0, 1, 0x09, 0xf0, 0], want: 'h264' },
  { name: 'H.265 with VPS', bytes: [0, 0, 0, 1, 0x40, 0x01, 0x0c], want: 'h265' },
  { name: 'H.265 with delimiter', bytes: [0, 0, 0, 1, 0x46, 0x01, 0x50], want: 'h265' },
  { name: 'one sync byte', bytes: [0x47, 0, 0], want: undefined },
  { name: 'a pack header', bytes: [0, 0, 1, 0xba, 0x44, 0], want: undefined },
  { name: 'nothing', bytes: [], want: undefined },
]) {
  test(`sniffFormat: ${name}`, () => assert.equal(sniffFormat(Uint8Array.from(bytes)), want));
}

test('ExecSource: an idle gap of a program is no end of a picture', async () => {
  const clip = ffmpeg([...SCENE.split(' '), ...H264.split(' '), '-f', 'h264', '-']).stdout;
  const file = path.join(folder, 'clip.h264');
  writeFileSync(file, clip);
  const half = Math.floor(clip.length / 2);
  const program = run(`sh -c 'head -c ${half} ${file}; sleep 0.3; tail -c +${half + 1} ${file}'`);
  await program.failure();
  assert.equal(program.units.length, FRAMES);
  assert.ok(totalLength(program.units.flatMap(({ data }) => data)) > 1000);
});
