import assert from 'node:assert/strict';
import { duplexPair } from 'node:stream';
import { test, type TestContext } from 'node:test';
import { CodecContext, Frame, Packet, SoftwareScaleContext } from 'node-av/lib';
import type { AccessUnit, Track } from '@vedette/media';
import { pictures } from '../../../transcode/testing/pictures.ts';
import type { Channel } from '../../channel.ts';
import { Link, type Messages } from '../../link.ts';
import { quietAv } from '../av.ts';
import type { RungOrder } from './rung-order.ts';
import { VideoJob } from './video-job.ts';

quietAv();

const video = (height: number, changes: Partial<RungOrder> = {}): RungOrder => ({
  height,
  bitRate: 400_000,
  encoder: 'libx264',
  ...changes,
});
const jpeg = (width: number, height: number): RungOrder => video(height, { jpeg: { width, quality: 80 } });

/** What came out of a rung. */
interface Seen {
  readonly order: RungOrder;
  readonly channel: Channel;
  readonly units: AccessUnit[];
  tracks: readonly Track[];
  ended: string | undefined;
}

/** A job as in the worker, at the end of a real link. */
class Bench {
  readonly job: VideoJob;
  readonly skipped = { pictures: 0 };
  readonly #gateway: Link<Messages, Messages>;
  readonly #worker: Link<Messages, Messages>;

  constructor(context: TestContext) {
    const [near, far] = duplexPair();
    const handlers = { requests: {}, notices: {} };
    this.#gateway = new Link<Messages, Messages>(near, { handlers });
    this.#worker = new Link<Messages, Messages>(far, { handlers });
    this.job = new VideoJob(this.#worker.joinChannel(this.#gateway.openChannel().number), {
      liveFromPts: Number.NEGATIVE_INFINITY,
      onWork: () => undefined,
      onSkipped: (count) => void (this.skipped.pictures += count),
      tracked: (work) => work,
    });
    context.after(async () => {
      await this.job.close();
      this.#gateway.close();
    });
  }

  rung(order: RungOrder): Seen {
    const units: AccessUnit[] = [];
    const number = this.#gateway.openChannel({
      onTracks: (tracks) => void (seen.tracks = tracks),
      onUnit: (unit) => void units.push(unit),
      onEnd: (reason) => void (seen.ended = reason),
    }).number;
    const seen: Seen = {
      order,
      channel: this.#worker.joinChannel(number),
      units,
      tracks: [],
      ended: undefined,
    };
    this.job.addRung(seen.channel, order);
    return seen;
  }

  /** One picture after the other, each when all of `watching` have the one before. */
  async play(units: readonly AccessUnit[], watching: readonly Seen[]): Promise<void> {
    for (const unit of units) {
      this.job.setTracks([unit.track]);
      this.job.push(unit);
      await until(() => watching.every((seen) => seen.units.at(-1)?.pts === unit.pts));
    }
  }
}

async function until(isDone: () => boolean): Promise<void> {
  while (!isDone()) await new Promise((resolve) => setImmediate(resolve));
}

const ptsOf = (units: readonly AccessUnit[]): number[] => units.map(({ pts }) => pts);

/** Writes down what is scaled to what while the test runs. */
function recordScaling(context: TestContext): string[] {
  const calls: string[] = [];
  const { prototype } = SoftwareScaleContext;
  const scaleFrame = Reflect.get<SoftwareScaleContext, 'scaleFrame'>(prototype, 'scaleFrame');
  context.mock.method(prototype, 'scaleFrame', function (this: SoftwareScaleContext, to: Frame, from: Frame) {
    calls.push(`${from.width}×${from.height} to ${to.width}×${to.height}`);
    return scaleFrame.call(this, to, from);
  });
  return calls;
}

/** Everything of FFmpeg that was made while the test runs and is not freed. */
function recordNative(context: TestContext): ReadonlySet<object> {
  const live = new Set<object>();
  const watch = (prototype: object, name: string, note: (self: object, result: unknown) => void): void => {
    const original = Reflect.get(prototype, name) as (...values: unknown[]) => unknown;
    context.mock.method(
      prototype as Record<string, never>,
      name as never,
      function (this: object, ...values: unknown[]) {
        const result = original.apply(this, values);
        note(this, result);
        return result;
      } as never,
    );
  };
  const made = (self: object): void => void live.add(self);
  const freed = (self: object): void => void live.delete(self);
  watch(Frame.prototype, 'clone', (_, clone) => made(clone as object));
  for (const { prototype, alloc, free } of [
    { prototype: Frame.prototype, alloc: 'alloc', free: 'free' },
    { prototype: Packet.prototype, alloc: 'alloc', free: 'free' },
    { prototype: SoftwareScaleContext.prototype, alloc: 'allocContext', free: 'freeContext' },
    { prototype: CodecContext.prototype, alloc: 'allocContext3', free: 'freeContext' },
  ]) {
    watch(prototype, alloc, made);
    watch(prototype, free, freed);
  }
  return live;
}

const source = pictures('h264', { seconds: 2, width: 640, height: 360 });

for (const { name, orders, want } of [
  {
    name: 'each of the next larger, whatever the order they came in',
    orders: [video(144), video(288), video(216)],
    want: ['640×360 to 512×288', '512×288 to 384×216', '384×216 to 256×144'],
  },
  { name: 'one alone of the source', orders: [video(144)], want: ['640×360 to 256×144'] },
  {
    name: 'what has the size of the source is the source',
    orders: [video(360), video(1080), video(144)],
    want: ['640×360 to 256×144'],
  },
  {
    name: 'two of one size share their pictures',
    orders: [video(144), video(144, { bitRate: 100_000 })],
    want: ['640×360 to 256×144'],
  },
  {
    name: 'JPEGs are made of what is there, and nothing of them',
    orders: [jpeg(512, 288), video(216), jpeg(320, 180), video(144)],
    want: ['640×360 to 512×288', '640×360 to 384×216', '384×216 to 320×180', '384×216 to 256×144'],
  },
]) {
  test(`pictures are scaled from the smallest that is large enough: ${name}`, async (context) => {
    const scaled = recordScaling(context);
    const bench = new Bench(context);
    const rungs = orders.map((order) => bench.rung(order));
    await bench.play(source.slice(0, 1), rungs);
    await bench.job.close();
    assert.deepEqual(scaled, want);
  });
}

test('who leaves a picture out is passed over, and so is who goes; key pictures are for all', async (context) => {
  const scaled = recordScaling(context);
  const bench = new Bench(context);
  const large = bench.rung(video(288, { frameRate: 0.5 }));
  const small = bench.rung(video(144));
  await bench.play(source.slice(0, 2), [small]);
  await bench.play(source.slice(2, 26), [small]);
  const ofAll = ['640×360 to 512×288', '512×288 to 256×144'];
  const ofSmall = Array.from({ length: 24 }, () => '640×360 to 256×144');
  assert.deepEqual(scaled, [...ofAll, ...ofSmall, ...ofAll]);
  await until(() => large.units.length === 2);
  assert.deepEqual(ptsOf(large.units), [0, 25 * 3600]);
  for (const { units } of [large, small])
    assert.deepEqual(ptsOf(units.filter(({ isRandomAccess }) => isRandomAccess)), [0, 25 * 3600]);
  scaled.length = 0;
  await bench.job.removeRung(large.channel);
  await bench.play(source.slice(26, 27), [small]);
  assert.deepEqual(scaled, ['640×360 to 256×144']);
});

test('an encoder that is stuck loses its own pictures and nobody else', async (context) => {
  const native = recordNative(context);
  const gate = Promise.withResolvers<undefined>();
  const { prototype } = CodecContext;
  const sendFrame = Reflect.get<CodecContext, 'sendFrame'>(prototype, 'sendFrame');
  context.mock.method(prototype, 'sendFrame', async function (this: CodecContext, frame: Frame | null) {
    if (frame?.height === 288) await gate.promise;
    return sendFrame.call(this, frame);
  });
  const bench = new Bench(context);
  const [stuck, steady, still] = [bench.rung(video(288)), bench.rung(video(144)), bench.rung(jpeg(320, 180))];
  await bench.play(source.slice(0, 40), [steady, still]);
  assert.deepEqual(ptsOf(steady.units), ptsOf(source.slice(0, 40)));
  assert.equal(stuck.units.length, 0);
  assert.equal(bench.skipped.pictures, 34, 'one is being encoded and five wait');
  gate.resolve(undefined);
  await until(() => stuck.units.length === 6);
  const kept = [0, 1, 2, 3, 4, 25].map((index) => index * 3600);
  assert.deepEqual(ptsOf(stuck.units), kept, 'the key picture took the place of another');
  await bench.job.close();
  assert.equal(native.size, 0);
});

test('an encoder that does not open ends its rung, and only that', async (context) => {
  const native = recordNative(context);
  const bench = new Bench(context);
  const broken = bench.rung(video(288, { encoder: 'no-such-encoder' }));
  const steady = bench.rung(video(144));
  await bench.play(source.slice(0, 3), [steady]);
  await until(() => broken.ended !== undefined);
  assert.match(broken.ended ?? '', /no-such-encoder/);
  await bench.play(source.slice(3, 6), [steady]);
  await bench.job.close();
  assert.equal(native.size, 0);
});

test('pictures that cannot be scaled end the rung that needs them, and only that', async (context) => {
  const native = recordNative(context);
  const { prototype } = SoftwareScaleContext;
  const scaleFrame = Reflect.get<SoftwareScaleContext, 'scaleFrame'>(prototype, 'scaleFrame');
  context.mock.method(
    prototype,
    'scaleFrame',
    async function (this: SoftwareScaleContext, to: Frame, from: Frame) {
      return to.height === 288 ? -1 : scaleFrame.call(this, to, from);
    },
  );
  const bench = new Bench(context);
  const broken = bench.rung(video(288));
  const steady = bench.rung(video(144));
  await bench.play(source.slice(0, 3), [steady]);
  await until(() => broken.ended !== undefined);
  assert.match(broken.ended ?? '', /scale a picture/);
  await bench.job.close();
  assert.equal(native.size, 0);
});

test('sizes change, rungs come and go in the middle of it, and nothing stays behind', async (context) => {
  const native = recordNative(context);
  const scaled = recordScaling(context);
  const bench = new Bench(context);
  const small = bench.rung(video(144));
  const still = bench.rung(jpeg(320, 180));
  const low = pictures('h264', { seconds: 1, width: 320, height: 180 });
  const at = (units: readonly AccessUnit[], second: number): AccessUnit[] =>
    units
      .slice(0, 12)
      .map((unit) => ({ ...unit, pts: unit.pts + second * 90_000, dts: unit.dts + second * 90_000 }));
  await bench.play(at(low, 0), [small, still]);
  const [track] = small.tracks;
  assert.ok(track?.kind === 'video');
  assert.deepEqual([track.video.width, track.video.height], [256, 144]);
  scaled.length = 0;
  const large = bench.rung(video(288));
  await bench.play(at(source, 1), [small, still, large]);
  assert.deepEqual(scaled.slice(0, 3), ['640×360 to 512×288', '512×288 to 320×180', '512×288 to 256×144']);
  assert.ok(small.units.find(({ pts }) => pts === 90_000)?.isRandomAccess);
  // In the middle of what waits.
  for (const unit of at(low, 2)) bench.job.push(unit);
  const leaving = bench.job.removeRung(large.channel);
  const guest = bench.rung(video(100));
  await leaving;
  await until(() => guest.units.length > 0 && small.units.at(-1)?.pts === (guest.units.at(-1)?.pts ?? -1));
  for (const unit of at(source, 3)) bench.job.push(unit);
  await bench.job.close();
  assert.equal(native.size, 0);
});
