import fc from 'fast-check';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decideQuality, startQuality, type LineReport, type QualityState } from './quality-decision.ts';

const LADDER = [
  { name: 'source', bitrate: 2_500_000 },
  { name: '480p', bitrate: 1_200_000 },
  { name: '360p', bitrate: 600_000 },
];
const CLEAR: LineReport = { delayMs: 5, loss: 0 };
const TICK_MS = 100;

/** Gives one report after the other, ten a second, and tells when which rung was taken. */
function play(
  line: (atMs: number, current: string) => LineReport,
  seconds: number,
  { from = 'source', options = () => LADDER } = {},
): { changes: string[]; state: QualityState } {
  let state = startQuality(from, 0);
  const changes: string[] = [];
  for (let atMs = TICK_MS; atMs <= seconds * 1000; atMs += TICK_MS) {
    const next = decideQuality(state, line(atMs, state.current), options(), atMs);
    if (next.current !== state.current) changes.push(`${atMs} ${next.current}`);
    state = next;
  }
  return { changes, state };
}

/** A way of so many bits a second that holds up to a second of what is too much; bursts tell its width. */
function narrow(
  widthAt: (atMs: number) => number,
  isMeasured: boolean,
): (atMs: number, name: string) => LineReport {
  let waitingMs = 0;
  return (atMs, name) => {
    const width = widthAt(atMs);
    const bitrate = LADDER.find((rung) => rung.name === name)?.bitrate ?? 0;
    waitingMs = Math.min(1000, Math.max(0, waitingMs + TICK_MS * (bitrate / width - 1)));
    const capacity = isMeasured ? { capacity: width } : {};
    return {
      delayMs: waitingMs,
      loss: waitingMs >= 1000 ? 0.3 : 0,
      throughput: Math.min(width, bitrate),
      ...capacity,
    };
  };
}

test('a clear line: nothing changes at the top', () => {
  assert.deepEqual(play(() => CLEAR, 60).changes, []);
});

test('a line that becomes too narrow: down within a second, to what fits into what gets through', () => {
  const { changes } = play(
    narrow((atMs) => (atMs < 5000 ? 1e8 : 700_000), true),
    30,
  );
  assert.equal(changes.length, 1, changes.join());
  const [at, name] = changes[0]?.split(' ') ?? [];
  assert.equal(name, '360p');
  assert.ok(Number(at) <= 6000, `down at ${at}`);
});

for (const { what, report, want } of [
  {
    what: 'bytes wait on a way that bursts show to be too narrow',
    report: { capacity: 2_000_000 },
    want: '360p',
  },
  { what: 'a large picture waits on a way that carries it', report: { capacity: 4_000_000 }, want: 'source' },
  { what: 'bytes wait, and nothing is known of the way', report: {}, want: 'source' },
]) {
  test(`one report: ${what}: ${want}`, () => {
    const line = { delayMs: 300, loss: 0, throughput: 600_000, ...report };
    assert.equal(decideQuality(startQuality('source', 0), line, LADDER, 5000).current, want);
  });
}

test('a line that was narrow for a while: up again within ten seconds, straight to what bursts show it to carry', () => {
  const { changes } = play(
    narrow((atMs) => (atMs > 5000 && atMs < 20_000 ? 700_000 : 1e8), true),
    60,
  );
  assert.deepEqual(
    changes.map((change) => change.split(' ')[1]),
    ['360p', 'source'],
  );
  const [at] = changes[1]?.split(' ') ?? [];
  assert.ok(Number(at) <= 30_000, `up at ${at}`);
});

test('without measured bursts: probes a rung at a time, each failure doubles the wait', () => {
  const { changes } = play(
    narrow(() => 700_000, false),
    120,
  );
  const ups = changes
    .filter((change) => change.endsWith('480p'))
    .map((change) => Number(change.split(' ')[0]));
  assert.ok(ups.length >= 3, changes.join());
  const waits = ups.slice(1).map((at, index) => at - (ups[index] ?? 0));
  assert.ok((waits[0] ?? 0) >= 5000);
  assert.ok(
    waits.every((wait, index) => index === 0 || wait > (waits[index - 1] ?? 0) * 1.5),
    waits.join(),
  );
  assert.ok(!changes.some((change) => change.endsWith('source')));
});

test('one large picture is no congestion', () => {
  const line = (atMs: number): LineReport => ({ ...CLEAR, delayMs: atMs % 2000 < 200 ? 400 : 5 });
  assert.deepEqual(play(line, 30).changes, []);
});

test('a rung that is no longer there: the best of the others, at once', () => {
  const state = startQuality('1080p', 0);
  assert.equal(decideQuality(state, CLEAR, LADDER, 1).current, 'source');
});

test('whatever is reported: always one of the options, up never within the hold-off', () => {
  const report = fc.record({
    delayMs: fc.integer({ min: 0, max: 3000 }),
    loss: fc.double({ min: 0, max: 1, noNaN: true }),
    throughput: fc.option(fc.integer({ min: 0, max: 10_000_000 }), { nil: undefined }),
    capacity: fc.option(fc.integer({ min: 0, max: 10_000_000 }), { nil: undefined }),
  });
  fc.assert(
    fc.property(fc.array(report, { maxLength: 200 }), (reports) => {
      let state = startQuality('480p', 0);
      let changedMs = 0;
      const names = LADDER.map(({ name }) => name);
      for (const [index, one] of reports.entries()) {
        const atMs = index * TICK_MS;
        const next = decideQuality(state, one, LADDER, atMs);
        assert.ok(names.includes(next.current));
        if (names.indexOf(next.current) < names.indexOf(state.current)) assert.ok(atMs - changedMs >= 5000);
        if (next.current !== state.current) changedMs = atMs;
        state = next;
      }
    }),
  );
});
