import assert from 'node:assert/strict';
import { duplexPair } from 'node:stream';
import { test } from 'node:test';
import { type AccessUnit, type H264Track, type OpusTrack, ProtocolError, type Track } from '@vedette/media';
import fc from 'fast-check';
import { serializeControl } from './frames.ts';
import { Link, type LinkOptions, type Messages } from './link.ts';
import { parseTracks, serializeTracks } from './track-json.ts';

const handlers = { requests: {}, notices: {} };

const video: H264Track = {
  id: 0,
  kind: 'video',
  codec: 'h264',
  clockRate: 90_000,
  sps: [Uint8Array.of(0x67, 1, 2)],
  pps: [Uint8Array.of(0x68, 3)],
  video: {
    codecString: 'avc1.42c01f',
    profile: 'Constrained Baseline',
    level: '3.1',
    width: 1280,
    height: 720,
    frameRate: undefined,
    reorderDepth: 0,
  },
};
const audio: OpusTrack = {
  id: 1,
  kind: 'audio',
  codec: 'opus',
  clockRate: 48_000,
  sampleRate: 48_000,
  channels: 2,
};

function unitOf(track: Track, pts: number, isRandomAccess = true, size = 10): AccessUnit {
  const data = [new Uint8Array(size).fill(pts), Uint8Array.of(1)];
  return { track, pts, dts: pts, isRandomAccess, data, byteLength: size + 1, wallClockMs: 1e12 + pts };
}

/** Two ends; the right one can be held back, as a worker that is busy. */
function pair(right: Partial<LinkOptions<Messages>> = {}, left: Partial<LinkOptions<Messages>> = {}) {
  const [near, far] = duplexPair({ highWaterMark: 1000 });
  const gateway = new Link<Messages, Messages>(near, { handlers, ...left });
  const worker = new Link<Messages, Messages>(far, { handlers, ...right });
  return { gateway, worker, near, far };
}

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A request that anybody answers, with an error: whatever was sent before it has arrived. */
async function flush(link: Link<Messages, Messages>): Promise<void> {
  await assert.rejects(link.request('nothing', null), { code: 'ERR_LINK_MESSAGE' });
}

test('units arrive in order, with the track that was declared', async () => {
  const { gateway, worker } = pair();
  const channel = gateway.openChannel();
  const seen: unknown[] = [];
  worker.joinChannel(channel.number, {
    onTracks: (tracks) => seen.push(tracks),
    onUnit: ({ track, pts, wallClockMs, isRandomAccess, data, byteLength }) =>
      seen.push([track.id, pts, wallClockMs, isRandomAccess, data.map((part) => [...part]), byteLength]),
    onEnd: (reason) => seen.push(reason),
  });
  channel.setTracks([video, audio]);
  assert.ok(channel.write(unitOf(video, 1)));
  assert.ok(channel.write(unitOf(audio, 2, true, 3)));
  channel.close('enough');
  assert.equal(channel.write(unitOf(video, 3)), false, 'an ended channel takes nothing');
  await flush(gateway);
  assert.deepEqual(seen, [
    parseTracks(serializeTracks([video, audio])),
    [0, 1, 1e12 + 1, true, [Array(10).fill(1), [1]], 11],
    [1, 2, 1e12 + 2, true, [Array(3).fill(2), [1]], 4],
    'enough',
  ]);
  gateway.close();
});

test('one channel carries media both ways', async () => {
  const { gateway, worker } = pair();
  const back: number[] = [];
  const channel = gateway.openChannel({ onUnit: ({ pts }) => back.push(pts) });
  const mirror = worker.joinChannel(channel.number, {
    onTracks: (tracks) => mirror.setTracks(tracks),
    onUnit: (unit) => mirror.write(unit),
  });
  channel.setTracks([audio]);
  for (const pts of [1, 2, 3]) channel.write(unitOf(audio, pts));
  await flush(gateway);
  await flush(gateway);
  assert.deepEqual(back, [1, 2, 3]);
  gateway.close();
});

test('tracks survive the link', () => {
  const list: Track[] = [
    video,
    { ...video, id: 1, codec: 'h265', vps: [Uint8Array.of(0x40)], video: { ...video.video, frameRate: 25 } },
    {
      id: 2,
      kind: 'audio',
      codec: 'aac',
      clockRate: 44_100,
      config: Uint8Array.of(0x12, 0x10),
      sampleRate: 44_100,
      channels: 2,
    },
    { id: 3, kind: 'audio', codec: 'pcma', clockRate: 8000, sampleRate: 8000, channels: 1 },
    audio,
  ];
  const text = JSON.stringify(serializeTracks(list));
  const back = parseTracks(JSON.parse(text));
  assert.deepEqual(JSON.parse(JSON.stringify(serializeTracks(back))), JSON.parse(text));
  assert.deepEqual(back[4], audio);
  const [first] = back;
  assert.ok(first?.codec === 'h264');
  assert.deepEqual(
    first.sps.map((set) => [...set]),
    [[0x67, 1, 2]],
  );
});

test('anything parses as tracks or throws ProtocolError', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      try {
        parseTracks(value);
      } catch (error) {
        assert.ok(error instanceof ProtocolError);
      }
    }),
  );
});

test('a full queue loses whole pictures up to the next random access point', async () => {
  const { gateway, worker, far } = pair({}, { maxQueueBytes: 3000 });
  far.pause();
  const channel = gateway.openChannel();
  const seen: number[] = [];
  worker.joinChannel(channel.number, { onUnit: ({ pts }) => seen.push(pts) });
  channel.setTracks([video]);
  const sent: number[] = [];
  const write = (pts: number, isEntry: boolean): void => {
    if (channel.write(unitOf(video, pts, isEntry, 500))) sent.push(pts);
  };
  for (let pts = 0; pts < 20; pts++) write(pts, pts === 0);
  assert.ok(sent.length < 10, `${sent.length} fit`);
  assert.ok(gateway.queuedBytes < 4500);
  far.resume();
  await flush(gateway);
  write(20, false);
  write(21, true);
  write(22, false);
  await flush(gateway);
  assert.deepEqual(seen, sent);
  assert.deepEqual(sent.slice(-2), [21, 22]);
  assert.equal(channel.dropped, 23 - sent.length);
  gateway.close();
});

test('a unit of a track that nobody declared closes the link', async () => {
  const closed = Promise.withResolvers<Error | undefined>();
  const { gateway, worker } = pair({ onClose: closed.resolve });
  const channel = gateway.openChannel();
  worker.joinChannel(channel.number);
  channel.write(unitOf(video, 1));
  const error = await closed.promise;
  assert.ok(error instanceof ProtocolError);
  assert.equal(error.code, 'ERR_LINK_TRACK');
});

test('media for a channel that was left is no error', async () => {
  const { gateway, worker } = pair();
  const channel = gateway.openChannel();
  worker.joinChannel(channel.number).close();
  channel.setTracks([video]);
  channel.write(unitOf(video, 1));
  await flush(gateway);
  assert.ok(channel.isEnded);
  gateway.close();
});

for (const { name, json } of [
  { name: 'no JSON', json: '{' },
  { name: 'no object', json: '7' },
  { name: 'of no kind', json: '{"t":"dance"}' },
  { name: 'with a name that is none', json: '{"t":"notice","name":7}' },
  { name: 'a notice of no name', json: '{"t":"notice","name":"toString"}' },
  { name: 'tracks that are none', json: '{"t":"tracks","channel":1,"tracks":[{"codec":"h264"}]}' },
]) {
  test(`a control message that is ${name} closes the link, with the fault`, async () => {
    const closed = Promise.withResolvers<Error | undefined>();
    const { worker, near } = pair({ onClose: closed.resolve });
    worker.joinChannel(1);
    near.write(serializeControl(json));
    assert.ok((await closed.promise) instanceof ProtocolError);
    assert.ok(worker.isClosed);
  });
}

test('any bytes leave the link open or close it, and nothing else happens', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 200 }), async (bytes) => {
      const { gateway, worker, near } = pair();
      // A length that the reader would wait for is no finding.
      near.write(Uint8Array.of(0, 0, 0, bytes.length, ...bytes));
      await settle();
      gateway.destroy();
      worker.destroy();
    }),
  );
});

test('an end that closes ends the other, its requests and channels', async () => {
  const closed = Promise.withResolvers<Error | undefined>();
  const { gateway, worker } = pair({
    onClose: closed.resolve,
    handlers: { requests: { wait: () => Promise.withResolvers<never>().promise }, notices: {} },
  });
  const ended = Promise.withResolvers<string>();
  worker.joinChannel(gateway.openChannel().number, { onEnd: ended.resolve });
  const asked = gateway.request('wait', null);
  gateway.close();
  gateway.close();
  await assert.rejects(asked, { code: 'ERR_LINK_CLOSED' });
  assert.equal(await ended.promise, 'the link is closed');
  assert.equal(await closed.promise, undefined);
  await assert.rejects(gateway.request('wait', null), { code: 'ERR_LINK_CLOSED' });
  assert.ok(gateway.openChannel().isEnded);
});
