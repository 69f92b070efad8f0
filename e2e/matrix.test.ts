import assert from 'node:assert/strict';
import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';

import { decodeFrames } from '../packages/media/src/testing/frame-hashes.ts';
import { areLive, cameraOf } from './support/api.ts';
import { FAKE_DEVICES, startChromium, type Browser } from './support/chromium.ts';
import { beepDelayMs } from './support/flash-and-beep.ts';
import { flashAndBeep } from './support/footage.ts';
import { startGateway, type RunningGateway } from './support/gateway.ts';
import { until } from './support/until.ts';
import { WAYS_IN, type WayIn } from './support/ways-in.ts';
import { FPS, SECONDS, WAYS_OUT, type Recording, type WayOut } from './support/ways-out.ts';

/** Longer than all of it takes. */
const FOOTAGE_SECONDS = 240;
/** Of a picture and a frame of sound: finer is not what a flash of two pictures tells. */
const IN_STEP_MS = 65;
/** That none is missing where nothing is transcoded, the pictures themselves tell; elsewhere a busy machine may lose some. */
const ENOUGH = (SECONDS * FPS) / 2;

/** What came of one way in by one way out. */
interface Cell {
  readonly pictures: number;
  /** Every picture is the one that went in, none is missing. */
  readonly isExact: boolean;
  readonly beepDelayMs: number | undefined;
}

const closers: (() => Promise<unknown>)[] = [];
const cells = new Map<string, Cell>();
let gateway: RunningGateway;
let browser: Browser;
let sent: readonly string[];
let folder: string;

before(async () => {
  const file = await flashAndBeep(FOOTAGE_SECONDS);
  const hashes = decodeFrames(file, 'mp4').map(({ hash }) => hash);
  sent = [...hashes, ...hashes]; // the file camera begins anew
  folder = mkdtempSync(path.join(tmpdir(), 'vedette-matrix-'));
  closers.push(async () => rm(folder, { recursive: true, force: true }));
  browser = await startChromium(
    { after: (end: () => unknown) => void closers.push(async () => Promise.resolve(end())) },
    FAKE_DEVICES,
  );
  const lines: string[] = [];
  for (const { name, source } of WAYS_IN) lines.push(`  ${name}: {source: "${await source(file, closers)}"}`);
  gateway = await startGateway({ config: `cameras:\n${lines.join('\n')}\n` });
  closers.push(async () => gateway.close());
  await Promise.all(WAYS_IN.map(({ publish }) => publish?.(file, gateway, closers, browser)));
  for (const { name } of WAYS_IN) {
    await until(async () => areLive(gateway.http, [name]), { what: `${name} is live` });
  }
});

after(async () => {
  process.stdout.write(`${table()}\n`);
  for (const close of closers.toReversed()) await close();
});

for (const out of WAYS_OUT) {
  test(`every way in, out by ${out.name}`, async () => {
    const recordings = await Promise.all(
      WAYS_IN.map(async ({ name }) => {
        const to = path.join(folder, `${name}-${out.name}`);
        return out.play(name, gateway, to, browser).catch(async (error: unknown) => {
          const { state } = await cameraOf(gateway.http, name);
          throw new Error(`${name} by ${out.name}: camera ${JSON.stringify(state)}`, { cause: error });
        });
      }),
    );
    const problems: string[] = [];
    for (const [index, recording] of recordings.entries()) {
      const way = WAYS_IN[index] ?? assert.fail();
      const cell = await look(recording);
      cells.set(`${way.name} ${out.name}`, cell);
      problems.push(...problemsOf(way, out, cell));
    }
    assert.deepEqual(problems, []);
  });
}

async function look({ file, pictures }: Recording): Promise<Cell> {
  if (file === undefined) return { pictures: pictures ?? 0, isExact: false, beepDelayMs: undefined };
  const format = { '.mkv': 'matroska', '.mp4': 'mp4', '.jpg': 'image2' }[path.extname(file)] ?? '';
  const hashes = decodeFrames(file, format).map(({ hash }) => hash);
  const from = sent.indexOf(hashes[0] ?? '');
  const isExact = from >= 0 && hashes.every((hash, index) => hash === sent[from + index]);
  return { pictures: hashes.length, isExact, beepDelayMs: await beepDelayMs(file) };
}

/** What is not as it should be, a sentence each. */
function problemsOf(way: WayIn, out: WayOut, { pictures, isExact, beepDelayMs: delay }: Cell): string[] {
  const where = `${way.name} by ${out.name}`;
  const problems: string[] = [];
  const wanted = out.name === 'snapshot' ? 1 : ENOUGH;
  if (pictures < wanted) problems.push(`${where}: ${pictures} pictures, and not ${wanted}`);
  if (way.isExact && out.isExact && !isExact)
    problems.push(`${where}: the pictures are not those that went in`);
  if (way.hasSound && out.hasSound && !(Math.abs(delay ?? Infinity) < IN_STEP_MS)) {
    problems.push(`${where}: sound is ${delay?.toFixed(0) ?? 'not there'} ms off`);
  }
  return problems;
}

/** What the README shows. */
function table(): string {
  const head = ['in ＼ out', ...WAYS_OUT.map(({ name }) => name)];
  const rows = WAYS_IN.map((way) => [
    way.name,
    ...WAYS_OUT.map((out) => shown(cells.get(`${way.name} ${out.name}`))),
  ]);
  return ['', row(head), row(head.map(() => '---')), ...rows.map(row), ''].join('\n');
}

function shown(cell: Cell | undefined): string {
  if (cell === undefined) return '✗';
  const exact = cell.isExact ? ' =' : '';
  const delay =
    cell.beepDelayMs === undefined
      ? ''
      : ` ${cell.beepDelayMs >= 0 ? '+' : '−'}${Math.abs(cell.beepDelayMs).toFixed(0)} ms`;
  return `${cell.pictures}${exact}${delay}`;
}

function row(fields: readonly string[]): string {
  return `| ${fields.join(' | ')} |`;
}
