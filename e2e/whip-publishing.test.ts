import assert from 'node:assert/strict';
import { after, before, test, type TestContext } from 'node:test';
import type { AccessUnit } from '../packages/media/src/access-unit.ts';
import { ffmpeg } from '../packages/media/src/testing/ffmpeg.ts';
import { NativeViewers } from '../apps/gateway/src/sinks/webrtc/testing/native-viewers.ts';
import { FAKE_DEVICES, startChromium, type Browser } from './support/chromium.ts';
import { startUdpRelay } from './support/udp-relay.ts';
import { until } from './support/until.ts';
import { GATE, startWebrtcSite, type WebrtcSite } from './support/webrtc-site.ts';
import { WhepPage } from './support/whep-page.ts';
import { WhipPage } from './support/whip-page.ts';

const closers: (() => unknown)[] = [];
let browser: Browser;
before(async () => {
  browser = await startChromium({ after: (closer: () => unknown) => closers.push(closer) }, FAKE_DEVICES);
});
after(async () => {
  for (const close of closers) await close();
});

async function openPublisher(context: TestContext, site: WebrtcSite): Promise<WhipPage> {
  const page = await WhipPage.open(await browser.newPage(), site.url);
  context.after(async () => page.close());
  return page;
}

async function openViewer(context: TestContext, site: WebrtcSite): Promise<WhepPage> {
  const page = await WhepPage.open(await browser.newPage(), site.url);
  context.after(async () => page.close());
  return page;
}

/** Keeps all pictures, as a decoder takes them: Annex B. */
function recordPictures(site: WebrtcSite): { readonly units: AccessUnit[]; readonly bytes: () => Buffer } {
  const units: AccessUnit[] = [];
  site.cameras.find(GATE)?.stream.addReader({
    name: 'test',
    onTracks: () => undefined,
    onUnit: (unit) => {
      if (unit.track.kind === 'video') units.push(unit);
    },
    onEnd: () => undefined,
  });
  const startCode = Buffer.from([0, 0, 0, 1]);
  const bytes = (): Buffer =>
    Buffer.concat(units.flatMap(({ data }) => data.flatMap((nal) => [startCode, nal])));
  return { units, bytes };
}

for (const { codec, codecs } of [
  { codec: 'H264', codecs: /^avc1\.42/ },
  { codec: 'VP8', codecs: /^vp08/ },
  { codec: 'VP9', codecs: /^vp09\.00/ },
  { codec: 'AV1', codecs: /^av01\.0/ },
]) {
  test(`a browser publishes ${codec} and Opus, and another sees all of it`, async (context) => {
    const site = await startWebrtcSite(context);
    const publisher = await openPublisher(context, site);
    const outcome = await publisher.publish(GATE, { codec });
    assert.equal(outcome.status, 201, outcome.body);
    await until(() => site.cameras.find(GATE)?.stream.isLive === true, { what: 'a live camera' });
    const stream = site.cameras.find(GATE)?.stream;
    assert.ok(stream);
    const [video, audio] = stream.tracks;
    assert.ok(video?.kind === 'video');
    assert.match(video.video.codecString, codecs);
    assert.equal(audio?.codec, 'opus');
    const viewer = await openViewer(context, site);
    const played = await viewer.play(GATE);
    assert.equal(played.status, 201, played.body);
    await until(async () => ((await viewer.stats()).video?.['framesDecoded'] ?? 0) > 60, {
      what: '60 pictures',
    });
    const { video: pictures, audio: sound } = await viewer.stats();
    assert.equal(pictures?.mimeType, `video/${codec}`);
    assert.equal(pictures['framesDropped'], 0);
    assert.ok((sound?.['packetsReceived'] ?? 0) > 0);
    const [session] = site.sessions.list().filter(({ kind }) => kind === 'publish');
    assert.equal(session?.protocol, 'webrtc');
    assert.ok(session.owner.totals().bytes > 50_000);
  });
}

test('no picture breaks though a twentieth of the packets is lost, and congestion control ramps up', async (context) => {
  const site = await startWebrtcSite(context);
  const relay = await startUdpRelay(context, site.port);
  const publisher = await openPublisher(context, site);
  const size = { width: 1280, height: 720, maxBitrate: 4_000_000 };
  assert.equal((await publisher.publish(GATE, { codec: 'H264', through: relay.port, ...size })).status, 201);
  await until(async () => (await publisher.stats()).availableOutgoingBitrate > 2_500_000, {
    what: 'congestion control above 2.5 Mbit/s',
  });
  const { units, bytes } = recordPictures(site);
  const before = units.length;
  relay.setLossToTarget(0.05);
  await until(() => units.length > before + 200, { what: '200 pictures under loss' });
  const { nackCount, retransmittedPacketsSent } = await publisher.stats();
  assert.ok(nackCount > 0 && retransmittedPacketsSent > 0, 'what was lost was asked for');
  const { stderr, stdout } = ffmpeg(['-f', 'h264', '-i', 'pipe:0', '-f', 'framemd5', 'pipe:1'], bytes());
  assert.equal(stderr, '');
  const decoded = stdout
    .toString()
    .split('\n')
    .filter((line) => /^0,/.test(line));
  assert.equal(decoded.length, units.length);
});

test('who loses its way, and who records, has a key frame asked of the browser; its clock is the camera’s', async (context) => {
  const site = await startWebrtcSite(context);
  const publisher = await openPublisher(context, site);
  assert.equal((await publisher.publish(GATE, { codec: 'H264' })).status, 201);
  const stream = site.cameras.find(GATE)?.stream;
  await until(() => stream?.isLive === true, { what: 'a live camera' });
  const viewers = await NativeViewers.start();
  context.after(async () => viewers.kill());
  const id = await viewers.view(`${site.url}/live/${GATE}/whep`, true);
  const keyFrames = async (): Promise<number> => (await publisher.stats()).keyFramesEncoded;
  const before = await keyFrames();
  // The first gets it the present group again, the next one a new picture.
  await until(async () => {
    viewers.requestPicture(id);
    return (await keyFrames()) > before;
  });
  await until(async () => (await keyFrames()) > before + 2, { what: 'a key frame every four seconds' });
  assert.equal(stream?.clockSource, 'sender-report');
  assert.ok(Math.abs(Number(stream.cachedUnits.at(-1)?.wallClockMs) - Date.now()) < 1000);
});
