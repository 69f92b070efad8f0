import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { AccessUnit } from '../packages/media/src/access-unit.ts';
import { NativePublisher } from '../apps/gateway/src/sources/publish-webrtc/testing/native-publisher.ts';
import { startUdpRelay } from './support/udp-relay.ts';
import { until } from './support/until.ts';
import { GATE, startWebrtcSite, type WebrtcSite } from './support/webrtc-site.ts';

/** Everything that the camera's stream is given. */
function record(site: WebrtcSite): AccessUnit[] {
  const units: AccessUnit[] = [];
  site.cameras.find(GATE)?.stream.addReader({
    name: 'test',
    onTracks: () => undefined,
    onUnit: (unit) => units.push(unit),
    onEnd: () => undefined,
  });
  return units;
}

/** Sound and pictures that end together are of the same instant. */
function assertInStep(pictures: readonly AccessUnit[], sound: readonly AccessUnit[]): void {
  assert.ok(sound.length > 200, `${sound.length} frames of sound`);
  const offsetMs = Number(pictures.at(-1)?.pts) / 90 - Number(sound.at(-1)?.pts) / 48;
  assert.ok(Math.abs(offsetMs) < 200, `sound and pictures are ${offsetMs} ms apart`);
}

const whipUrl = (site: WebrtcSite): string => `${site.url}/live/${GATE}/whip`;

// They mostly wait: side by side.
describe('an encoder on libdatachannel', { concurrency: true }, () => {
  test('without retransmission format, nothing is lost for good though packets are, and sound keeps time', async (context) => {
    const site = await startWebrtcSite(context);
    const relay = await startUdpRelay(context, site.port);
    const units = record(site);
    const publisher = await NativePublisher.start(context);
    await publisher.publish(whipUrl(site), relay.port);
    const sending = publisher.send(250);
    await until(() => units.length > 0, { what: 'the first picture' });
    relay.setLossToTarget(0.05);
    await sending;
    relay.setLossToTarget(0);
    const pictures = (): AccessUnit[] => units.filter(({ track }) => track.kind === 'video');
    // A machine that is busy elsewhere may be too late now and then, which costs the rest of a group.
    await until(() => pictures().length >= 200, { what: 'nearly all pictures' });
    const times = pictures().map(({ pts }) => pts);
    assert.ok(times.slice(1).every((pts, index) => (pts - (times[index] ?? 0)) % 1800 === 0));
    const [video, audio] = site.cameras.find(GATE)?.stream.tracks ?? [];
    assert.ok(video?.codec === 'h264');
    assert.equal(video.video.codecString.slice(0, 7), 'avc1.42');
    assert.equal(audio?.codec, 'opus');
    assertInStep(
      pictures(),
      units.filter(({ track }) => track.kind === 'audio'),
    );
    const { network } = site.sessions.list()[0]?.owner.totals() ?? {};
    assert.ok(network !== undefined && network.lossPercent < 3, 'lost for good');

    // Nothing more: the session ends.
    await until(() => site.ended.length === 1, { what: 'the session to end', limitMs: 15_000 });
    assert.match(site.ended[0]?.reason ?? '', /nothing came for 5 s/);
    assert.equal(site.cameras.find(GATE)?.state.name, 'waiting');
  });

  test('that vanishes is noticed within ten seconds', async (context) => {
    const site = await startWebrtcSite(context);
    const publisher = await NativePublisher.start(context);
    await publisher.publish(whipUrl(site));
    void publisher.send(500).catch(() => undefined);
    await until(() => site.cameras.find(GATE)?.stream.isLive === true, { what: 'a live camera' });
    publisher.kill();
    await until(() => site.ended.length === 1, { what: 'the session to end', limitMs: 10_000 });
    assert.match(site.ended[0]?.reason ?? '', /vanished/);
    assert.equal(site.cameras.find(GATE)?.stream.isLive, false);
  });

  test('whose offer nobody follows up is forgotten', async (context) => {
    const site = await startWebrtcSite(context);
    const publisher = await NativePublisher.start(context);
    const relay = await startUdpRelay(context, site.port);
    relay.setLossToTarget(1);
    void publisher.publish(whipUrl(site), relay.port).catch(() => undefined);
    await until(() => site.sessions.list().length === 1, { what: 'a session' });
    await until(() => site.ended.length === 1, { what: 'the session to end', limitMs: 15_000 });
    assert.match(site.ended[0]?.reason ?? '', /not connected within 10 s|the connection failed/);
  });
});
