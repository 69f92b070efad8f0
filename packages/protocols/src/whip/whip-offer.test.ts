import { ProtocolError, type Track } from '@vedette/media';
import fc from 'fast-check';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { serializePublishingAnswer } from './publishing-answer.ts';
import { planPublishing } from './publishing-plan.ts';
import { aac, h264, h265, opus } from './testing/tracks.ts';
import { planViewing } from './viewing-plan.ts';
import { parseWebrtcOffer } from './webrtc-offer.ts';
import { serializeLibraryAnswer, type WebrtcTransport } from './webrtc-transport.ts';
import { parseWhipAnswer, serializeWhipOffer } from './whip-offer.ts';

const FINGERPRINT = `sha-256 ${Array.from({ length: 32 }, () => 'AB').join(':')}`;
const TRANSPORT: WebrtcTransport = {
  ice: { ufrag: 'ours', pwd: '0123456789012345678901' },
  fingerprint: FINGERPRINT,
  candidates: [
    {
      foundation: '1',
      component: 1,
      priority: 2_122_317_823,
      address: '10.0.0.5',
      port: 40_000,
      type: 'host',
    },
  ],
};
const THEIRS: WebrtcTransport = {
  ...TRANSPORT,
  ice: { ufrag: 'theirs', pwd: 'abcdefghijklmnopqrstuvw' },
};
const OPTIONS = { sessionId: '1', cname: 'c', videoSsrc: 11, audioSsrc: 12 };
const OPUS = opus();

/** What a server of ours answers an offer for these tracks. */
function answerTo(tracks: readonly Track[]): string {
  const offer = parseWebrtcOffer(serializeWhipOffer(tracks, TRANSPORT, OPTIONS));
  return serializePublishingAnswer(offer, planPublishing(offer), THEIRS, '1');
}

for (const { name, tracks, want } of [
  { name: 'pictures and sound', tracks: [h264(), OPUS], want: ['video 64001f,42e01f', 'audio '] },
  { name: 'pictures alone', tracks: [h264('avc1.42e01f')], want: ['video 42e01f'] },
  { name: 'sound alone', tracks: [OPUS], want: ['audio '] },
  {
    name: 'the first of each',
    tracks: [aac(), h264(), h264(), OPUS],
    want: ['video 64001f,42e01f', 'audio '],
  },
]) {
  test(`serializeWhipOffer: ${name}`, () => {
    const text = serializeWhipOffer(tracks, TRANSPORT, OPTIONS);
    const offer = parseWebrtcOffer(text);
    const found = offer.sections.map(({ kind, formats, direction, isBundled }) => {
      assert.deepEqual([direction, isBundled], ['sendonly', true]);
      const profiles = formats.flatMap(({ parameters }) => parameters.get('profile-level-id') ?? []);
      return `${kind} ${profiles.join(',')}`;
    });
    assert.deepEqual(found, want);
    assert.deepEqual(
      [offer.setup, offer.ice, offer.candidates],
      ['actpass', TRANSPORT.ice, TRANSPORT.candidates],
    );
    assert.equal(text.split('a=candidate').length, 2, 'addresses stand in the first section');
  });
}

test('serializeWhipOffer: nothing that WHIP carries', () => {
  assert.throws(() => serializeWhipOffer([h265(), aac()], TRANSPORT, OPTIONS), {
    code: 'ERR_WEBRTC_NO_MEDIA',
  });
});

test('an answer is planned as a viewer’s offer is, and is written anew for the library', () => {
  const tracks = [h264(), OPUS];
  const answer = parseWhipAnswer(answerTo(tracks), tracks);
  const plan = planViewing(answer, tracks);
  assert.deepEqual([plan.video?.format.payloadType, plan.audio?.format.payloadType], [96, 111]);
  assert.equal(answer.setup, 'passive');
  const library = serializeLibraryAnswer(answer, OPTIONS);
  assert.doesNotMatch(library, /candidate/);
  assert.match(library, /a=ice-ufrag:theirs\r\n/);
  assert.match(library, /a=setup:passive\r\n/);
});

test('sound that the server refuses is left out, pictures are not', () => {
  const tracks = [h264(), OPUS];
  const text = answerTo(tracks);
  const silent = parseWhipAnswer(
    text.replace('m=audio 9', 'm=audio 0').replace('BUNDLE 0 1', 'BUNDLE 0'),
    tracks,
  );
  assert.equal(planViewing(silent, tracks).audio, undefined);
  const blind = text.replace('m=video 9', 'm=video 0').replace('BUNDLE 0 1', 'BUNDLE 1');
  assert.throws(() => parseWhipAnswer(blind, tracks), { code: 'ERR_WHIP_ANSWER', message: /not take H.264/ });
});

for (const { name, change, want } of [
  { name: 'no SDP', change: () => '<html>', want: /cannot be used/ },
  {
    name: 'a DTLS part left open',
    change: (text: string) => text.replaceAll('setup:passive', 'setup:actpass'),
    want: /a=setup:actpass/,
  },
  {
    name: 'no credentials',
    change: (text: string) => text.replaceAll(/a=ice-pwd.*\r\n/g, ''),
    want: /cannot be used: it has no valid a=ice-ufrag/,
  },
  {
    name: 'two transports',
    change: (text: string) => text.replace(/a=group.*\r\n/, ''),
    want: /it must bundle its sections/,
  },
  {
    name: 'a payload type that was not offered',
    change: (text: string) => text.replaceAll(/\b9[67]\b/g, '120'),
    want: /does not take H.264/,
  },
  {
    name: 'nothing received',
    change: (text: string) => text.replaceAll('a=recvonly', 'a=inactive'),
    want: /does not take H.264/,
  },
  {
    name: 'more sections than were offered',
    change: (text: string) => `${text}m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\na=mid:2\r\n`,
    want: /not offered/,
  },
]) {
  test(`parseWhipAnswer: ${name}`, () => {
    const text = change(answerTo([h264(), OPUS]));
    assert.throws(() => parseWhipAnswer(text, [h264(), OPUS]), { code: 'ERR_WHIP_ANSWER', message: want });
  });
}

test('any answer is parsed, or refused by a ProtocolError', () => {
  const lines = answerTo([h264(), OPUS]).split('\r\n');
  const line = fc.oneof(
    fc.constantFrom(...lines),
    fc.string(),
    fc.constantFrom('m=', 'a=', 'a=mid:0', 'v=0'),
  );
  const text = fc.oneof(
    fc.string(),
    fc.array(line, { maxLength: 60 }).map((all) => all.join('\r\n')),
  );
  const changed = fc
    .tuple(fc.nat(lines.length - 1), line)
    .map(([at, other]) => lines.with(at, other).join('\r\n'));
  fc.assert(
    fc.property(fc.oneof(text, changed), (input) => {
      try {
        const answer = parseWhipAnswer(input, [h264()]);
        serializeLibraryAnswer(answer, OPTIONS);
      } catch (error) {
        assert.ok(error instanceof ProtocolError, String(error));
      }
    }),
  );
});
