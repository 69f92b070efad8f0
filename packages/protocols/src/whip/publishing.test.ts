import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ProtocolError } from '@vedette/media';
import fc from 'fast-check';
import { parseSdp } from '../sdp/parse-sdp.ts';
import { sdpAttribute, sdpAttributes } from '../sdp/session-description.ts';
import { serializePublishingAnswer } from './publishing-answer.ts';
import { planPublishing } from './publishing-plan.ts';
import {
  CHROMIUM_OFFER,
  FIREFOX_OFFER,
  GSTREAMER_OFFER,
  LIBDATACHANNEL_OFFER,
  SAFARI_OFFER,
} from './testing/offers.ts';
import { parseWebrtcOffer } from './webrtc-offer.ts';
import { serializeLibraryPublishOffer, type WebrtcTransport } from './webrtc-transport.ts';

const TRANSPORT: WebrtcTransport = {
  ice: { ufrag: 'YKjh', pwd: 'VxfmVQkMXL5PksJtQU4Wa6' },
  fingerprint: `sha-256 ${Array.from({ length: 32 }, () => 'AB').join(':')}`,
  candidates: [
    { foundation: '1', component: 1, priority: 1, address: '127.0.0.1', port: 8189, type: 'host' },
  ],
};

const toSend = (offer: string): string => offer.replaceAll('a=recvonly', 'a=sendonly');

/** As Chromium publishes: retransmission, transport-wide feedback, and three layers of simulcast. */
const PUBLISH = toSend(CHROMIUM_OFFER)
  .replace('SAVPF 96 97 102', 'SAVPF 96 97 102 103')
  .replace(
    'a=rtpmap:104 H264/90000',
    'a=rtpmap:103 rtx/90000\r\na=fmtp:103 apt=102\r\na=rtpmap:104 H264/90000',
  )
  .replace(
    'a=extmap:1 urn:ietf:params:rtp-hdrext:toffset',
    [
      'a=extmap:1 urn:ietf:params:rtp-hdrext:toffset',
      'a=extmap:4 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01',
      'a=rid:q send',
      'a=rid:h send',
      'a=simulcast:send q;h',
    ].join('\r\n'),
  );

/** Pictures of one codec alone. */
const videoOnly = (format: string, fmtp = ''): string =>
  LIBDATACHANNEL_OFFER.replace('a=recvonly', 'a=sendonly')
    .replace('a=rtpmap:96 H264/90000', `a=rtpmap:96 ${format}`)
    .replace(/a=fmtp:96 .*\r\n/, fmtp === '' ? '' : `a=fmtp:96 ${fmtp}\r\n`);

function answerTo(text: string): string {
  const offer = parseWebrtcOffer(text);
  return serializePublishingAnswer(offer, planPublishing(offer), TRANSPORT, '7');
}

function summary(answer: string): string[] {
  return parseSdp(answer).medias.map(({ kind, port, formats, direction, rtpmaps }) =>
    [kind, port === 0 ? 'refused' : direction, formats.join(','), rtpmaps[0]?.encoding ?? '']
      .join(' ')
      .trim(),
  );
}

for (const { name, offer, want } of [
  { name: 'Chromium', offer: PUBLISH, want: ['video recvonly 102,103 H264', 'audio recvonly 111 opus'] },
  {
    name: 'Firefox',
    offer: toSend(FIREFOX_OFFER),
    want: ['audio recvonly 109 opus', 'video recvonly 126 H264'],
  },
  {
    name: 'Safari, sendrecv and a data channel',
    offer: SAFARI_OFFER,
    want: ['video recvonly 96 H264', 'audio recvonly 111 opus', 'application refused webrtc-datachannel'],
  },
  { name: 'OBS', offer: toSend(LIBDATACHANNEL_OFFER), want: ['video recvonly 96 H264'] },
  {
    name: 'GStreamer, without parameters',
    offer: toSend(GSTREAMER_OFFER),
    want: ['video recvonly 101 H264', 'audio recvonly 96 OPUS'],
  },
  { name: 'AV1 alone', offer: videoOnly('AV1/90000'), want: ['video recvonly 96 AV1'] },
  { name: 'VP9 alone', offer: videoOnly('VP9/90000', 'profile-id=0'), want: ['video recvonly 96 VP9'] },
  { name: 'VP8 alone', offer: videoOnly('VP8/90000'), want: ['video recvonly 96 VP8'] },
]) {
  test(`answer to publishing by ${name}`, () => {
    const answer = answerTo(offer);
    assert.deepEqual(summary(answer), want);
    for (const media of parseSdp(answer).medias.filter(({ port }) => port > 0)) {
      assert.notEqual(sdpAttribute(media, 'rtcp-mux'), undefined);
      assert.equal(sdpAttribute(media, 'simulcast'), undefined);
      assert.equal(sdpAttribute(media, 'rid'), undefined);
    }
  });
}

test('feedback is what we give: transport-wide where offered, an estimate where that is missing', () => {
  const [video] = parseSdp(answerTo(PUBLISH)).medias;
  assert.ok(video);
  assert.deepEqual(sdpAttributes(video, 'rtcp-fb'), [
    '102 nack',
    '102 nack pli',
    '102 ccm fir',
    '102 transport-cc',
  ]);
  assert.deepEqual(sdpAttributes(video, 'extmap'), [
    '4 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01',
  ]);
  assert.deepEqual(sdpAttributes(video, 'fmtp'), [
    '102 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42001f',
    '103 apt=102',
  ]);
  const [, firefox] = parseSdp(answerTo(toSend(FIREFOX_OFFER))).medias;
  assert.ok(firefox);
  assert.ok(sdpAttributes(firefox, 'rtcp-fb').includes('126 goog-remb'));
  assert.deepEqual(sdpAttributes(firefox, 'extmap'), []);
});

test('Opus may be stereo', () => {
  const [, audio] = parseSdp(answerTo(PUBLISH)).medias;
  assert.deepEqual(audio && sdpAttributes(audio, 'fmtp'), ['111 minptime=10;useinbandfec=1;stereo=1']);
});

for (const { name, offer, code } of [
  { name: 'an offer to view', offer: CHROMIUM_OFFER, code: 'ERR_PUBLISH_NO_TRACKS' },
  {
    name: 'H.264 in mode 0',
    offer: videoOnly('H264/90000', 'packetization-mode=0'),
    code: 'ERR_PUBLISH_CODEC',
  },
  { name: 'VP9 of profile 2', offer: videoOnly('VP9/90000', 'profile-id=2'), code: 'ERR_PUBLISH_CODEC' },
  { name: 'a codec nobody knows', offer: videoOnly('theora/90000'), code: 'ERR_PUBLISH_CODEC' },
]) {
  test(`refuses ${name}`, () => {
    assert.throws(
      () => answerTo(offer),
      (error) => error instanceof ProtocolError && error.code === code,
    );
  });
}

test('the library is offered one section that sends, with the peer’s transport and nothing else of its own', () => {
  const { medias } = parseSdp(serializeLibraryPublishOffer(parseWebrtcOffer(PUBLISH)));
  assert.equal(medias.length, 1);
  assert.equal(medias[0]?.direction, 'sendonly');
  assert.deepEqual(sdpAttributes(medias[0], 'ssrc'), []);
});

test('offers with lines lost, swapped or spoilt give an answer or ProtocolError', () => {
  const lines = PUBLISH.split('\r\n');
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(lines.length - 1), fc.string({ maxLength: 20 })), { maxLength: 6 }),
      (changes) => {
        const spoilt = [...lines];
        for (const [at, text] of changes)
          spoilt[at] = text.length % 3 === 0 ? '' : `${spoilt[at] ?? ''}${text}`;
        try {
          parseSdp(answerTo(spoilt.filter((line) => line !== '').join('\r\n')));
        } catch (error) {
          assert.ok(error instanceof ProtocolError, String(error));
        }
      },
    ),
    { numRuns: 2000 },
  );
});
