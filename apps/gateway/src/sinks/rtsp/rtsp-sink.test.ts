import assert from 'node:assert/strict';
import { beforeEach, mock, test } from 'node:test';
import { ntpToUnixMs, type H264Track } from '@vedette/media';

import fc from 'fast-check';
import { Stream, type Feed } from '../../stream/stream.ts';
import { opusTrack, packet, picture, videoTrack } from '../../testing/units.ts';
import { RtspSinks } from './rtsp-sinks.ts';
import type { RtspViewer, TrackStart } from './rtsp-viewer.ts';
import { FakeSocket } from '../testing/fake-socket.ts';

const RESPONSE = Buffer.from('RTSP/1.0 200 OK\r\nCSeq: 1\r\n\r\n');
const BOUNDS = { maxQueueBytes: 200_000, maxStallMs: 30_000 };

let nowMs = 0;
beforeEach(() => {
  nowMs = 1_700_000_000_000;
});

interface Bench {
  readonly stream: Stream;
  readonly feed: Feed;
  readonly video: H264Track;
  readonly sinks: RtspSinks;
  readonly ends: { readonly reason: string; readonly isStalled: boolean }[];
  /** A viewer of all tracks, on the channels that most clients ask for. */
  readonly view: (socket: FakeSocket, firstChannel?: number) => RtspViewer;
}

function createBench({ hasAudio = false } = {}): Bench {
  const stream = new Stream({ id: 'gate', clock: () => nowMs });
  const video = videoTrack();
  const feed = stream.open(hasAudio ? [video, opusTrack()] : [video]);
  const sinks = new RtspSinks({ clock: () => nowMs, bounds: BOUNDS });
  const ends: Bench['ends'] = [];
  const view = (socket: FakeSocket, firstChannel = 0): RtspViewer => {
    const viewer = sinks.open(stream, (reason, isStalled) => ends.push({ reason, isStalled }));
    for (const { id, kind } of stream.tracks) {
      const rtpChannel = firstChannel + 2 * id;
      const transport = { kind: 'interleaved', socket, rtpChannel, rtcpChannel: rtpChannel + 1 } as const;
      viewer.setup(id, kind === 'video', transport);
    }
    return viewer;
  };
  return { stream, feed, video, sinks, ends, view };
}

function play(viewer: RtspViewer, socket: FakeSocket): readonly TrackStart[] {
  let found: readonly TrackStart[] = [];
  const isPlaying = viewer.play((starts) => {
    socket.write(RESPONSE);
    found = starts;
  });
  assert.ok(isPlaying);
  return found;
}

test('a viewer gets the response, the clock and the group of pictures in one burst, then live without a gap', () => {
  const { feed, video, view } = createBench();
  for (let index = 0; index < 3; index += 1) feed.write(picture(video, index, { size: 5000 }));
  feed.report(video, 0, nowMs - 100);
  const socket = new FakeSocket();
  const viewer = view(socket);
  const [start] = play(viewer, socket);
  assert.deepEqual(socket.calls, ['cork', 'write', 'write', 'write', 'write', 'write', 'uncork']);
  assert.equal(socket.writes[0], RESPONSE);
  feed.write(picture(video, 3, { size: 5000 }));
  viewer.close();

  const packets = socket.rtp(0);
  const [first] = packets;
  assert.ok(first && start);
  assert.deepEqual(start, {
    trackId: 0,
    sequenceNumber: first.sequenceNumber,
    rtpTimestamp: first.timestamp,
  });
  packets.forEach(({ sequenceNumber, ssrc }, index) => {
    assert.equal(sequenceNumber, (start.sequenceNumber + index) & 0xffff);
    assert.equal(ssrc, viewer.ssrcOf(0));
  });
  const units = packets
    .filter(({ marker }) => marker)
    .map(({ timestamp }) => (timestamp - first.timestamp) >>> 0);
  assert.deepEqual(units, [0, 3600, 7200, 10_800]);
  const [report] = socket.rtcp(1);
  assert.ok(report?.type === 'sr');
  assert.equal(report.rtpTimestamp, first.timestamp);
  assert.ok(Math.abs(ntpToUnixMs(report.ntp.seconds, report.ntp.fraction) - (nowMs - 100)) < 1);
});

test('a clock that the camera may still overturn is not told: players would jump', (t) => {
  mock.timers.enable({ apis: ['setInterval'] });
  t.after(() => mock.timers.reset());
  const { feed, video, view } = createBench();
  feed.write(picture(video, 0));
  const [early, late] = [new FakeSocket(), new FakeSocket()];
  const viewers = [view(early)];
  play(viewers[0] ?? assert.fail(), early);
  nowMs += 5000;
  mock.timers.tick(5000);
  assert.deepEqual(early.rtcp(1), []);
  nowMs += 5000; // it would have told its clock by now, if it had one
  viewers.push(view(late));
  play(viewers[1] ?? assert.fail(), late);
  assert.equal(late.rtcp(1)[0]?.type, 'sr');
  mock.timers.tick(5000);
  assert.equal(early.rtcp(1)[0]?.type, 'sr');
  for (const viewer of viewers) viewer.close();
});

test('one unit is one write of the same bytes for every viewer', () => {
  const { feed, video, view, sinks } = createBench();
  const sockets = [new FakeSocket(), new FakeSocket(), new FakeSocket()];
  const viewers = sockets.map((socket) => view(socket));
  viewers.forEach((viewer, index) => play(viewer, sockets[index] ?? new FakeSocket()));
  assert.equal(sinks.size, 1);
  feed.write(picture(video, 0, { size: 30_000 }));
  const [first, second, third] = sockets.map(({ writes }) => writes.at(-1));
  assert.ok(first !== undefined && first.length > 30_000);
  assert.equal(first, second);
  assert.equal(first, third);
  for (const viewer of viewers) viewer.close();
});

test('a viewer with channel numbers of its own gets its own copy; the shared bytes stay as they are', () => {
  const { feed, video, view } = createBench();
  const [usual, odd] = [new FakeSocket(), new FakeSocket()];
  const viewers = [view(usual), view(odd, 6)];
  play(viewers[0] ?? assert.fail(), usual);
  play(viewers[1] ?? assert.fail(), odd);
  feed.write(picture(video, 0, { size: 30_000 }));
  assert.deepEqual(odd.rtp(6), usual.rtp(0));
  assert.equal(odd.rtp(0).length, 0);
  assert.deepEqual(
    viewers.map(({ copiedUnits }) => copiedUnits),
    [0, 1],
  );
  for (const viewer of viewers) viewer.close();
});

test('a viewer of the sound alone gets no past and no pictures', () => {
  const { stream, feed, video, sinks } = createBench({ hasAudio: true });
  const audio = opusTrack();
  feed.write(picture(video, 0));
  feed.write(packet(audio, 0));
  const socket = new FakeSocket();
  const viewer = sinks.open(stream, () => undefined);
  viewer.setup(1, false, { kind: 'interleaved', socket, rtpChannel: 0, rtcpChannel: 1 });
  const starts = play(viewer, socket);
  feed.write(picture(video, 1));
  feed.write(packet(audio, 1));
  const packets = socket.rtp(0);
  assert.deepEqual(
    packets.map(({ payload }) => [...payload]),
    [[0xfc, 1]],
  );
  assert.equal(starts[0]?.sequenceNumber, packets[0]?.sequenceNumber);
  viewer.close();
});

test('RTP-Info names one instant for all tracks, so that players put them together', () => {
  const { feed, video, view } = createBench({ hasAudio: true });
  const audio = opusTrack();
  feed.write(picture(video, 0));
  feed.write(picture(video, 50));
  feed.write(packet(audio, 102)); // 2,040 ms, the key picture is at 2,000
  const socket = new FakeSocket();
  const viewer = view(socket);
  const [videoStart, audioStart] = play(viewer, socket);
  const [firstSound] = socket.rtp(2);
  assert.ok(videoStart && audioStart && firstSound);
  assert.equal(videoStart.rtpTimestamp, socket.rtp(0)[0]?.timestamp);
  assert.equal(audioStart.sequenceNumber, firstSound.sequenceNumber);
  assert.equal((firstSound.timestamp - audioStart.rtpTimestamp) >>> 0, 40 * 48);
  viewer.close();
});

test('before the first picture nothing is promised, and nothing is sent until it is there', () => {
  const { feed, video, view } = createBench();
  const socket = new FakeSocket();
  const viewer = view(socket);
  assert.deepEqual(play(viewer, socket), []);
  feed.write(picture(video, 0));
  assert.equal(socket.rtp(0).length, 1);
  viewer.close();
});

test('pausing stops the media; playing again starts at the current group of pictures', () => {
  const { stream, feed, video, view } = createBench();
  feed.write(picture(video, 0));
  const socket = new FakeSocket();
  const viewer = view(socket);
  play(viewer, socket);
  viewer.pause();
  assert.equal(stream.readerCount, 0);
  const before = socket.rtp(0).length;
  feed.write(picture(video, 50));
  feed.write(picture(video, 51));
  assert.equal(socket.rtp(0).length, before);
  const [start] = play(viewer, socket);
  const resumed = socket.rtp(0).slice(before);
  assert.equal(resumed.length, 2);
  assert.equal(resumed[0]?.sequenceNumber, start?.sequenceNumber);
  viewer.close();
});

test('a viewer that reads nothing is held to its bound, resumes at a key picture, and is closed when it stalls', () => {
  const { feed, video, view, ends } = createBench();
  const [slow, good] = [new FakeSocket(), new FakeSocket()];
  const viewer = view(slow);
  const other = view(good);
  play(viewer, slow);
  play(other, good);
  slow.isOpen = false;
  const write = (index: number): void => {
    nowMs += 40;
    feed.write(picture(video, index, { size: 10_000 }));
  };
  for (let index = 0; index < 120; index += 1) write(index);
  assert.ok(viewer.totals().queuedBytes <= BOUNDS.maxQueueBytes);
  assert.ok(viewer.totals().dropped > 0);

  for (let rounds = 0; viewer.totals().queuedBytes > 0; rounds += 1) {
    assert.ok(rounds < 100, 'the queue empties');
    slow.drain();
  }
  slow.isOpen = true;
  for (let index = 120; index < 152; index += 1) write(index);
  const ofSlow = new Set(slow.rtp(0).map(({ timestamp }) => timestamp));
  const ofGood = [...new Set(good.rtp(0).map(({ timestamp }) => timestamp))];
  assert.equal(ofGood.length, 152, 'the other viewer lost nothing');
  const firstAgain = ofGood.findIndex((timestamp, index) => index > 100 && ofSlow.has(timestamp));
  assert.equal(firstAgain, 150, 'a key picture, and not the first one that would have fitted');

  slow.isOpen = false;
  for (let index = 152; nowMs < 1_700_000_000_000 + 200_000 && ends.length === 0; index += 1) write(index);
  assert.deepEqual(ends, [{ reason: 'the viewer took nothing for too long', isStalled: true }]);
  assert.equal(slow.listenerCount, 0);
  other.close();
});

test('new parameters of the same codec go on; other tracks end the viewer with a goodbye', () => {
  const { stream, feed, video, view, ends, sinks } = createBench();
  const socket = new FakeSocket();
  const viewer = view(socket);
  feed.write(picture(video, 0));
  play(viewer, socket);
  feed.write(picture(videoTrack(0, { width: 1280, height: 720 }), 50));
  assert.equal(ends.length, 0);
  assert.equal(socket.rtp(0).length, 2);

  stream.open([videoTrack(), opusTrack()]);
  assert.deepEqual(ends, [{ reason: 'the camera changed its tracks', isStalled: false }]);
  const goodbye = socket.rtcp(1).at(-1);
  assert.ok(goodbye?.type === 'bye');
  assert.deepEqual(goodbye.ssrcs, [viewer.ssrcOf(0)]);
  assert.equal(sinks.size, 0);
  assert.equal(stream.readerCount, 0);
  viewer.close();
});

test('a viewer set up before the tracks changed is refused at PLAY', () => {
  const { stream, view, ends, sinks } = createBench();
  const viewer = view(new FakeSocket());
  stream.open([opusTrack(0)]);
  assert.equal(
    viewer.play(() => assert.fail('nothing to answer')),
    false,
  );
  assert.equal(ends.length, 1);
  assert.equal(sinks.size, 0);
  assert.equal(stream.readerCount, 0);
});

test('a camera that comes back goes on for its viewers, and shows newcomers nothing old', () => {
  const { stream, feed, video, view } = createBench();
  const [early, late] = [new FakeSocket(), new FakeSocket()];
  feed.write(picture(video, 0));
  const viewers = [view(early), view(late)];
  play(viewers[0] ?? assert.fail(), early);
  feed.close();
  play(viewers[1] ?? assert.fail(), late);
  assert.equal(late.rtp(0).length, 0);
  nowMs += 60_000;
  stream.open([video]).write(picture(video, 0));
  assert.equal(early.rtp(0).length, 2);
  assert.deepEqual(late.rtp(0), early.rtp(0).slice(1));
  for (const viewer of viewers) viewer.close();
});

test('the sink is made once, reads only while somebody plays, and goes with its last viewer', () => {
  const { stream, view, sinks } = createBench();
  const sockets = [new FakeSocket(), new FakeSocket()];
  const [first = assert.fail(), second = assert.fail()] = sockets.map((socket) => view(socket));
  assert.equal(stream.readerCount, 0);
  play(first, sockets[0] ?? assert.fail());
  play(second, sockets[1] ?? assert.fail());
  assert.equal(stream.readerCount, 1);
  first.close();
  first.close();
  assert.equal(stream.readerCount, 1);
  second.close();
  assert.equal(stream.readerCount, 0);
  assert.equal(sinks.size, 0);
});

test('sender reports come every five seconds and map RTP time to the camera’s clock', (t) => {
  mock.timers.enable({ apis: ['setInterval'] });
  t.after(() => mock.timers.reset());
  const { feed, video, view } = createBench();
  const socket = new FakeSocket();
  const viewer = view(socket);
  feed.write(picture(video, 0));
  feed.report(video, 0, 1_600_000_000_000); // the camera's clock is years behind
  play(viewer, socket);
  feed.write(picture(video, 1));
  mock.timers.tick(5000);
  const [, , latest] = socket.rtcp(1).filter(({ type }) => type === 'sr' || type === 'sdes');
  assert.ok(latest?.type === 'sr');
  assert.equal(latest.rtpTimestamp, socket.rtp(0).at(-1)?.timestamp);
  assert.ok(Math.abs(ntpToUnixMs(latest.ntp.seconds, latest.ntp.fraction) - 1_600_000_000_040) < 1);
  assert.equal(latest.packetCount, 2);
  assert.equal(latest.octetCount, 200);
  viewer.close();
  const { length } = socket.writes;
  mock.timers.tick(20_000);
  assert.equal(socket.writes.length, length, 'no timer is left');
});

test('whatever a viewer reads, and when: whole units, in order, each run beginning with a key picture', () => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom('stall', 'drain', 'picture', 'picture', 'picture'), { maxLength: 300 }),
      (steps) => {
        const { feed, video, view } = createBench();
        const socket = new FakeSocket();
        const viewer = view(socket);
        play(viewer, socket);
        let index = 0;
        for (const step of steps) {
          nowMs += 10;
          if (step === 'stall') socket.isOpen = false;
          else if (step === 'drain') socket.drain();
          else {
            feed.write(picture(video, index, { gop: 5, size: 20_000 }));
            index += 1;
          }
          assert.ok(viewer.totals().queuedBytes <= BOUNDS.maxQueueBytes);
        }
        const packets = socket.rtp(0);
        const pictures = [...new Set(packets.map(({ timestamp }) => timestamp))];
        const places = pictures.map((timestamp) => ((timestamp - (pictures[0] ?? 0)) >>> 0) / 3600);
        places.forEach((place, at) => {
          const before = places[at - 1];
          assert.ok(before === undefined || place === before + 1 || (place > before && place % 5 === 0));
        });
        assert.equal(packets.filter(({ marker }) => marker).length, pictures.length);
        viewer.close();
      },
    ),
    { numRuns: 50 },
  );
});
