import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { decodeFrames } from '../packages/media/src/testing/frame-hashes.ts';
import { areLive, metricOf, sessionsOf } from './support/api.ts';
import { audioFootage, videoFootage } from './support/footage.ts';
import { startGateway, type RunningGateway } from './support/gateway.ts';
import { startGstCamera } from './support/gst-camera.ts';
import {
  playByFfmpeg,
  playByGstreamer,
  playByVedette,
  type Played,
  type PlayedUnit,
  type Player,
} from './support/players.ts';
import { publishByFfmpeg, publishByGstreamer, type PublishOptions } from './support/publishers.ts';
import { until } from './support/until.ts';

/** How much is played and compared; VEDETTE_RELAY_SECONDS=60 for a thorough run. */
const SECONDS = Number(process.env['VEDETTE_RELAY_SECONDS'] ?? 8);
const FPS = 25;
const PICTURES = SECONDS * FPS;
/** A camera shows each viewer its pictures from the first on, and must not run out before the last has enough. */
const FOOTAGE_SECONDS = SECONDS + 40;
/** Pictures that wait in a decoder for their place in the order of display: the last ones are not compared. */
const REORDERED = 8;
/** Reports round their times to ticks of sound, and some players follow the reports. */
const TOLERANCE_MS = 0.5;
const LIMIT_MS = (SECONDS + 40) * 1000;

const PLAYERS = { ffmpeg: playByFfmpeg, GStreamer: playByGstreamer, Vedette: playByVedette } as const;
const PLAYER_NAMES = ['ffmpeg', 'GStreamer', 'Vedette'] as const;
/** Steps in time at the beginning that are not compared: ffmpeg makes up the times of the first pictures. */
const MADE_UP_STEPS = { ffmpeg: 4, GStreamer: 0, Vedette: 0 };
const TRANSPORTS = ['tcp', 'udp'] as const;
const FORMATS = [
  { video: 'h264', audio: 'aac' },
  { video: 'h265', audio: 'pcmu' },
] as const;
const PUBLISHERS = [
  { name: 'ffmpeg by TCP', camera: 'ffmpeg-tcp', publish: (o: PublishOptions) => publishByFfmpeg(o, 'tcp') },
  { name: 'ffmpeg by UDP', camera: 'ffmpeg-udp', publish: (o: PublishOptions) => publishByFfmpeg(o, 'udp') },
  { name: 'GStreamer', camera: 'gstreamer', publish: publishByGstreamer },
] as const;

type Format = (typeof FORMATS)[number];

/** A format, a player and a way to the gateway. */
interface Case {
  readonly format: Format;
  readonly player: (typeof PLAYER_NAMES)[number];
  readonly transport: (typeof TRANSPORTS)[number];
}

const CASES: readonly Case[] = FORMATS.flatMap((format) =>
  PLAYER_NAMES.flatMap((player) => TRANSPORTS.map((transport) => ({ format, player, transport }))),
);
/** The gateway pulls each camera twice: the way its viewers play it. */
const pulledId = ({ format, transport }: Pick<Case, 'format' | 'transport'>): string =>
  `${format.video}-${transport}`;
const caseName = ({ player, ...rest }: Case): string => `${pulledId(rest)} ${player}`;
const directName = ({ format, player }: Pick<Case, 'format' | 'player'>): string =>
  `${format.video} ${player}`;

/** What is still to be ended where something failed; ending twice does no harm. */
const closers: (() => Promise<unknown>)[] = [];
const direct = new Map<string, Played>();
const relayed = new Map<string, Played>();
let published: Played;
/** What the gateway said of itself while all of them played. */
const losses = { lostPackets: 0, damagedPictures: 0, dropped: 0 };

after(async () => {
  for (const close of closers.toReversed()) await close();
});

// One format after another; of each everything plays at once: directly and through the gateway, by every player, both
// ways. So many decoders are what a small machine can do in real time.
before(async () => {
  for (const format of FORMATS) await relay(format);
  await relayPublished();
});

async function relay(format: Format): Promise<void> {
  const options = { sound: 'noise', seconds: FOOTAGE_SECONDS, fps: FPS } as const;
  const camera = await startGstCamera({ ...format, ...options });
  closers.push(async () => camera.close());
  const { url } = camera;
  const references = new Map<string, Player>();
  for (const player of PLAYER_NAMES) {
    references.set(directName({ format, player }), PLAYERS[player]({ ...format, url, transport: 'tcp' }));
  }
  // They must be ahead of the gateway: what it relays is looked for in what they got.
  await until(() => [...references.values()].every(({ counts }) => counts.video > 0));
  const ids = TRANSPORTS.map((transport) => pulledId({ format, transport }));
  const lines = TRANSPORTS.map(
    (transport, index) => `  ${ids[index] ?? ''}: {source: "${url}", transport: ${transport}}`,
  );
  await through(lines, ids, (gateway) => {
    const players = new Map<string, Player>();
    for (const each of CASES.filter((one) => one.format === format)) {
      const { player, transport } = each;
      const played = { ...format, url: `${gateway.rtsp}/${pulledId(each)}`, transport };
      players.set(caseName(each), PLAYERS[player](played));
    }
    return players;
  });
  await stopAll(references, direct);
  await camera.close();
}

/** Plays what `start` starts of a gateway with these cameras, until everybody has enough. */
async function through(
  cameras: readonly string[],
  ids: readonly string[],
  start: (gateway: RunningGateway) => Map<string, Player>,
  prepare: (gateway: RunningGateway) => void = () => undefined,
): Promise<void> {
  const gateway = await startGateway({ config: ['cameras:', ...cameras].join('\n') });
  closers.push(async () => gateway.close());
  prepare(gateway);
  await until(async () => areLive(gateway.http, ids));
  const players = start(gateway);
  await enough(players, gateway);
  await countLosses(gateway, ids);
  await stopAll(players, relayed);
  await gateway.close();
}

async function relayPublished(): Promise<void> {
  const shape = { width: 320, height: 240, fps: FPS, gop: FPS, bframes: 2, bitrateKbps: 500 };
  const videoFile = await videoFootage({ ...shape, video: 'h264', seconds: FOOTAGE_SECONDS });
  const audioFile = await audioFootage('aac', FOOTAGE_SECONDS, 'noise');
  published = {
    video: decodeFrames(videoFile, 'mp4').map(({ hash }, index) => ({ ptsMs: (index * 1000) / FPS, hash })),
    audio: [],
  };
  const ids = PUBLISHERS.map(({ camera }) => camera);
  const lines = ids.map((id) => `  ${id}: {source: publish}`);
  const play = ({ rtsp }: RunningGateway): Map<string, Player> => {
    const options = { transport: 'tcp', video: 'h264', audio: 'aac' } as const;
    return new Map(ids.map((id) => [id, playByFfmpeg({ ...options, url: `${rtsp}/${id}` })]));
  };
  await through(lines, ids, play, ({ rtsp }) => {
    for (const { camera, publish } of PUBLISHERS) {
      const publisher = publish({ url: `${rtsp}/${camera}`, videoFile, audioFile });
      closers.push(async () => publisher.close());
    }
  });
}

async function enough(players: ReadonlyMap<string, Player>, gateway: RunningGateway): Promise<void> {
  const all = [...players];
  const hasEnough = (): boolean => {
    for (const [, player] of all) player.assertPlaying();
    return all.every(([, { counts }]) => counts.video >= PICTURES + REORDERED);
  };
  await until(hasEnough, { limitMs: LIMIT_MS }).catch((cause: unknown) => {
    const counts = all.map(([name, player]) => `${name}: ${JSON.stringify(player.counts)}`);
    throw new Error(`not everybody got ${PICTURES} pictures\n${counts.join('\n')}\n${gateway.log()}`, {
      cause,
    });
  });
}

async function countLosses({ http }: RunningGateway, ids: readonly string[]): Promise<void> {
  for (const id of new Set(ids)) {
    losses.lostPackets += await metricOf(http, `vedette_stream_lost_packets_total{camera="${id}"}`);
    losses.damagedPictures += await metricOf(http, `vedette_stream_damaged_pictures_total{camera="${id}"}`);
  }
  for (const { dropped } of await sessionsOf(http)) losses.dropped += dropped;
}

async function stopAll(players: ReadonlyMap<string, Player>, into: Map<string, Played>): Promise<void> {
  await Promise.all([...players].map(async ([name, player]) => into.set(name, await player.stop())));
}

/**
 * `got` is a run of `reference` without a gap: the same content and, `madeUpSteps` later, the same distances in time.
 *
 * @returns the largest difference between two distances, in milliseconds.
 */
function assertSameRun(
  got: readonly PlayedUnit[],
  reference: readonly PlayedUnit[],
  madeUpSteps: number,
): number {
  const from = reference.findIndex(({ hash }) => hash === got[0]?.hash);
  assert.ok(from !== -1, 'begins with something that the camera sent');
  const wanted = reference.slice(from, from + got.length);
  assert.equal(got.length, wanted.length, 'no more than the camera sent');
  const differing = got.findIndex(({ hash }, index) => hash !== wanted[index]?.hash);
  assert.equal(differing, -1, `unit ${differing} of ${got.length} is not what the camera sent`);
  const steps = stepsOf(got).slice(madeUpSteps);
  let largest = 0;
  for (const [index, step] of stepsOf(wanted).slice(madeUpSteps).entries()) {
    const passed = steps[index] ?? Number.NaN;
    const difference = Math.abs(step - passed);
    const where = `unit ${from + index} of the camera, ${index} of the player`;
    assert.ok(difference <= TOLERANCE_MS, `${passed} ms pass instead of ${step} at ${where}`);
    largest = Math.max(largest, difference);
  }
  return largest;
}

function stepsOf(units: readonly PlayedUnit[]): number[] {
  return units.slice(1).map(({ ptsMs }, index) => ptsMs - (units[index]?.ptsMs ?? 0));
}

/** The sound that goes with the pictures that are compared. */
function soundOf({ video, audio }: Played): readonly PlayedUnit[] {
  const endMs = (video[0]?.ptsMs ?? Number.NaN) + SECONDS * 1000;
  return audio.filter(({ ptsMs }) => ptsMs < endMs);
}

for (const each of CASES) {
  const { format, player, transport } = each;
  const what = `${format.video} and ${format.audio} by ${transport.toUpperCase()}`;
  test(`${player} plays ${what} through the gateway as from the camera`, (t) => {
    const reference = direct.get(directName(each)) ?? assert.fail();
    const got = relayed.get(caseName(each)) ?? assert.fail();
    const pictures = got.video.slice(0, PICTURES);
    assert.equal(pictures.length, PICTURES);
    assert.equal(new Set(pictures.map(({ hash }) => hash)).size, PICTURES, 'no picture is like another');
    const offVideo = assertSameRun(pictures, reference.video, MADE_UP_STEPS[player]);
    const sound = soundOf(got);
    const offAudio = assertSameRun(sound, reference.audio, MADE_UP_STEPS[player]);
    t.diagnostic(
      `${pictures.length} pictures, ${sound.length} sound frames equal; PTS steps off by at most ` +
        `${offVideo.toFixed(3)} and ${offAudio.toFixed(3)} ms`,
    );
  });
}

for (const { name, camera } of PUBLISHERS) {
  test(`what ${name} publishes is played as it is`, (t) => {
    const got = relayed.get(camera) ?? assert.fail();
    const offMs = assertSameRun(got.video.slice(0, PICTURES), published.video, MADE_UP_STEPS.ffmpeg);
    assert.ok(soundOf(got).length >= SECONDS * 40, 'with its sound');
    t.diagnostic(`${PICTURES} pictures equal; PTS steps off by at most ${offMs.toFixed(3)} ms`);
  });
}

test('nothing was lost on the way in, nothing dropped on the way out', () => {
  assert.deepEqual(losses, { lostPackets: 0, damagedPictures: 0, dropped: 0 });
});
