import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ProtocolError, type Track } from '@vedette/media';
import fc from 'fast-check';
import { parseSdp } from '../sdp/parse-sdp.ts';
import { sdpAttribute, sdpAttributes } from '../sdp/session-description.ts';
import {
  CHROMIUM_OFFER,
  FIREFOX_OFFER,
  GSTREAMER_OFFER,
  LIBDATACHANNEL_OFFER,
  SAFARI_OFFER,
} from './testing/offers.ts';
import { aac, g711, h264, h265, opus } from './testing/tracks.ts';
import { planViewing, viewingCarriage } from './viewing-plan.ts';
import { serializeWebrtcAnswer } from './webrtc-answer.ts';
import { parseWebrtcOffer } from './webrtc-offer.ts';
import {
  parseLibraryAnswer,
  serializeLibraryOffer,
  withAnnouncedAddresses,
  type WebrtcTransport,
} from './webrtc-transport.ts';

const TRANSPORT: WebrtcTransport = {
  ice: { ufrag: 'YKjh', pwd: 'VxfmVQkMXL5PksJtQU4Wa6' },
  fingerprint: `sha-256 ${Array.from({ length: 32 }, () => 'AB').join(':')}`,
  candidates: [
    {
      foundation: '1',
      component: 1,
      priority: 2_114_977_791,
      address: '127.0.0.1',
      port: 8189,
      type: 'host',
    },
  ],
};
const ANSWER = { sessionId: '42', cname: 'vedette', videoSsrc: 0x11, audioSsrc: 0x22 };

function negotiate(text: string, tracks: readonly Track[]): string {
  const offer = parseWebrtcOffer(text);
  return serializeWebrtcAnswer(offer, planViewing(offer, tracks), TRANSPORT, ANSWER);
}

/** One line a section: what was settled. */
function summary(answer: string): string[] {
  return parseSdp(answer).medias.map(({ kind, port, formats, direction, rtpmaps }) =>
    [kind, port === 0 ? 'refused' : direction, formats.join(','), rtpmaps[0]?.encoding ?? '']
      .join(' ')
      .trim(),
  );
}

for (const { name, offer, tracks, want } of [
  {
    name: 'Chromium, High and Opus: Main is nearest to High',
    offer: CHROMIUM_OFFER,
    tracks: [h264(), opus()],
    want: ['video sendonly 116 H264', 'audio sendonly 111 opus'],
  },
  {
    name: 'Chromium, Constrained Baseline: the same profile wins',
    offer: CHROMIUM_OFFER,
    tracks: [h264('avc1.42e01f'), opus()],
    want: ['video sendonly 102 H264', 'audio sendonly 111 opus'],
  },
  {
    name: 'Chromium, AAC is left out',
    offer: CHROMIUM_OFFER,
    tracks: [h264('avc1.4d001f'), aac()],
    want: ['video sendonly 116 H264', 'audio inactive 111 opus'],
  },
  {
    name: 'Chromium, A-law goes as it is',
    offer: CHROMIUM_OFFER,
    tracks: [h264('avc1.4d001f'), g711('pcma')],
    want: ['video sendonly 116 H264', 'audio sendonly 8 PCMA'],
  },
  {
    name: 'Chromium, µ-law at 16 kHz is left out',
    offer: CHROMIUM_OFFER,
    tracks: [h264('avc1.4d001f'), g711('pcmu', 16_000)],
    want: ['video sendonly 116 H264', 'audio inactive 111 opus'],
  },
  {
    name: 'Chromium, a camera without sound',
    offer: CHROMIUM_OFFER,
    tracks: [h264('avc1.4d001f')],
    want: ['video sendonly 116 H264', 'audio inactive 111 opus'],
  },
  {
    name: 'Chromium, a camera with sound alone',
    offer: CHROMIUM_OFFER,
    tracks: [g711('pcmu')],
    want: ['video inactive 96 VP8', 'audio sendonly 0 PCMU'],
  },
  {
    name: 'Firefox, sound first',
    offer: FIREFOX_OFFER,
    tracks: [h264(), opus()],
    want: ['audio sendonly 109 opus', 'video sendonly 126 H264'],
  },
  {
    name: 'Safari, High, and no data channel',
    offer: SAFARI_OFFER,
    tracks: [h264('avc1.640028'), opus()],
    want: ['video sendonly 96 H264', 'audio sendonly 111 opus', 'application refused webrtc-datachannel'],
  },
  {
    name: 'Safari, H.265',
    offer: SAFARI_OFFER,
    tracks: [h265(), opus()],
    want: ['video sendonly 100 H265', 'audio sendonly 111 opus', 'application refused webrtc-datachannel'],
  },
  {
    name: 'GStreamer, H.264 without parameters',
    offer: GSTREAMER_OFFER,
    tracks: [h264(), opus()],
    want: ['video sendonly 101 H264', 'audio sendonly 96 OPUS'],
  },
  {
    name: 'libdatachannel, pictures only',
    offer: LIBDATACHANNEL_OFFER,
    tracks: [h264(), opus()],
    want: ['video sendonly 96 H264'],
  },
]) {
  test(`negotiation: ${name}`, () => {
    assert.deepEqual(summary(negotiate(offer, tracks)), want);
  });
}

for (const { name, offer, tracks, code } of [
  { name: 'B-frames', offer: CHROMIUM_OFFER, tracks: [h264('avc1.64001f', 2)], code: 'ERR_WEBRTC_B_FRAMES' },
  { name: 'H.265 in Chromium', offer: CHROMIUM_OFFER, tracks: [h265(), opus()], code: 'ERR_WEBRTC_CODEC' },
  {
    name: 'H.265 Main 10 where only Main is taken',
    offer: SAFARI_OFFER,
    tracks: [h265('hvc1.2.4.L93.B0', 'Main 10')],
    code: 'ERR_WEBRTC_CODEC',
  },
  {
    name: 'H.264 only in packetization mode 0',
    offer: LIBDATACHANNEL_OFFER.replace('packetization-mode=1', 'packetization-mode=0'),
    tracks: [h264()],
    code: 'ERR_WEBRTC_CODEC',
  },
  {
    name: 'a peer that wants to send',
    offer: LIBDATACHANNEL_OFFER.replace('recvonly', 'sendonly'),
    tracks: [h264()],
    code: 'ERR_WEBRTC_NO_MEDIA',
  },
  { name: 'a camera without tracks', offer: CHROMIUM_OFFER, tracks: [], code: 'ERR_WEBRTC_NO_MEDIA' },
]) {
  test(`negotiation refuses ${name}`, () => {
    assert.throws(() => negotiate(offer, tracks), { name: 'ProtocolError', code });
  });
}

for (const { name, offer, tracks, want } of [
  {
    name: 'H.264 as it is, AAC as Opus',
    offer: CHROMIUM_OFFER,
    tracks: [h264(), aac()],
    want: { video: ['h264'], reorders: false, audio: ['opus', 'pcmu', 'pcma'] },
  },
  {
    name: 'µ-law at 16 kHz is not what telephones send',
    offer: CHROMIUM_OFFER,
    tracks: [h264(), g711('pcmu', 16_000)],
    want: { video: ['h264'], reorders: false, audio: ['opus', 'pcma'] },
  },
  {
    name: 'H.265 as H.264, to one who has no decoder',
    offer: FIREFOX_OFFER,
    tracks: [h265()],
    want: { video: ['h264'], reorders: false, audio: ['opus', 'pcmu', 'pcma'] },
  },
  {
    name: 'H.265 as it is, to one who has',
    offer: SAFARI_OFFER,
    tracks: [h265()],
    want: { video: ['h264', 'h265'], reorders: false, audio: ['opus'] },
  },
]) {
  test(`what a peer takes: ${name}`, () => {
    assert.deepEqual(viewingCarriage(parseWebrtcOffer(offer), tracks), want);
  });
}

test('what a peer takes that has no H.264: everything, to be told what is wrong with it', () => {
  const offer = parseWebrtcOffer(CHROMIUM_OFFER.replaceAll('H264', 'H999'));
  const { video, reorders } = viewingCarriage(offer, [h265()]);
  assert.ok(video.includes('h265') && reorders);
});

test('the answer: our transport in each section, candidates in the first, feedback that we act on', () => {
  const session = parseSdp(negotiate(CHROMIUM_OFFER, [h264(), opus()]));
  assert.equal(sdpAttribute(session, 'group'), 'BUNDLE 0 1');
  const [video, audio] = session.medias;
  assert.ok(video && audio);
  for (const media of [video, audio]) {
    assert.equal(sdpAttribute(media, 'ice-ufrag'), 'YKjh');
    assert.equal(sdpAttribute(media, 'setup'), 'passive');
    assert.equal(sdpAttribute(media, 'fingerprint'), TRANSPORT.fingerprint);
    assert.notEqual(sdpAttribute(media, 'rtcp-mux'), undefined);
  }
  assert.deepEqual(sdpAttributes(video, 'candidate'), ['1 1 UDP 2114977791 127.0.0.1 8189 typ host']);
  assert.deepEqual(sdpAttributes(audio, 'candidate'), []);
  assert.deepEqual(sdpAttributes(video, 'rtcp-fb'), ['116 ccm fir', '116 nack', '116 nack pli']);
  assert.deepEqual(sdpAttributes(video, 'extmap'), [
    '5 http://www.webrtc.org/experiments/rtp-hdrext/playout-delay',
  ]);
  assert.deepEqual(sdpAttributes(video, 'ssrc'), ['17 cname:vedette']);
  assert.equal(sdpAttribute(audio, 'fmtp'), '111 minptime=10;useinbandfec=1;stereo=1;sprop-stereo=1');
  assert.equal(sdpAttribute(video, 'msid')?.split(' ')[0], sdpAttribute(audio, 'msid')?.split(' ')[0]);
});

test('the answer: refused sections are out of the bundle', () => {
  const session = parseSdp(negotiate(SAFARI_OFFER, [h264()]));
  assert.equal(sdpAttribute(session, 'group'), 'BUNDLE video0 audio0');
});

test('the answer: we are DTLS client only where the peer insists on being server', () => {
  const answer = negotiate(LIBDATACHANNEL_OFFER.replace('setup:active', 'setup:passive'), [h264()]);
  assert.match(answer, /a=setup:active\r\n/);
});

for (const { offered, given } of [
  { offered: 'actpass', given: 'active' },
  { offered: 'active', given: 'active' },
  { offered: 'passive', given: 'passive' },
]) {
  test(`the library's offer: setup ${offered} becomes ${given}`, () => {
    const offer = parseWebrtcOffer(LIBDATACHANNEL_OFFER.replace('setup:active', `setup:${offered}`));
    const session = parseSdp(serializeLibraryOffer(offer, { videoSsrc: 1, audioSsrc: 2 }));
    assert.equal(sdpAttribute(session, 'setup'), given);
  });
}

test("the library's offer: nothing of the stranger's but transport and addresses", () => {
  const text = serializeLibraryOffer(parseWebrtcOffer(GSTREAMER_OFFER), { videoSsrc: 17, audioSsrc: 34 });
  const session = parseSdp(text);
  assert.deepEqual(
    session.medias.map(({ kind, mid, payloadTypes }) => [kind, mid, ...payloadTypes]),
    [
      ['video', 'video', 96],
      ['audio', 'audio', 97],
    ],
  );
  const [video, audio] = session.medias;
  assert.ok(video && audio);
  assert.deepEqual(sdpAttributes(video, 'candidate'), [
    '1 1 UDP 2015363327 192.168.1.20 40123 typ host',
    '3 1 UDP 2015363583 fe80::21a:2bff:fe3c:4d5e 40124 typ host',
  ]);
  assert.deepEqual(sdpAttributes(audio, 'ssrc'), ['34 cname:a']);
});

test("the library's answer gives our transport; one without an address is an error", () => {
  const answer = negotiate(LIBDATACHANNEL_OFFER, [h264()]);
  assert.deepEqual(parseLibraryAnswer(answer), TRANSPORT);
  assert.throws(() => parseLibraryAnswer(answer.replace(/a=candidate.*\r\n/, '')), {
    code: 'ERR_WEBRTC_TRANSPORT',
  });
});

test('announced addresses stand behind those that are bound, once each', () => {
  const { candidates } = withAnnouncedAddresses(TRANSPORT, ['203.0.113.5', '127.0.0.1', '2001:db8::1']);
  assert.deepEqual(
    candidates.map(({ address, port }) => `${address} ${port}`),
    ['127.0.0.1 8189', '203.0.113.5 8189', '2001:db8::1 8189'],
  );
  const priorities = candidates.map(({ priority }) => priority);
  assert.deepEqual(
    priorities,
    priorities.toSorted((a, b) => b - a),
  );
});

/** Everything that happens to an offer, for any tracks. */
function answerAnything(text: string, tracks: readonly Track[]): void {
  let answer: string;
  try {
    const offer = parseWebrtcOffer(text);
    serializeLibraryOffer(offer, { videoSsrc: 1, audioSsrc: 2 });
    answer = negotiate(text, tracks);
  } catch (error) {
    assert.ok(error instanceof ProtocolError);
    return;
  }
  const { medias } = parseSdp(answer);
  assert.equal(medias.length, parseSdp(text).medias.length, 'an answer has the sections of its offer');
  assert.ok(medias.some(({ direction }) => direction === 'sendonly'));
}

const OFFERS = [CHROMIUM_OFFER, FIREFOX_OFFER, SAFARI_OFFER, GSTREAMER_OFFER, LIBDATACHANNEL_OFFER];
const LINES = OFFERS.flatMap((offer) => offer.split('\r\n'));
const TRACKS = [h264(), h265(), opus(), aac(), g711('pcma'), h264('avc1.42e01f', 1)];

for (const { name, offers, numRuns } of [
  { name: 'short offers', offers: [LIBDATACHANNEL_OFFER], numRuns: 92_000 },
  { name: 'all offers', offers: OFFERS, numRuns: 8_000 },
]) {
  test(`negotiation of ${name} with lines lost, swapped or spoilt gives an answer or ProtocolError`, () => {
    const line = fc.oneof(
      fc.constant(undefined),
      fc.string({ maxLength: 24 }),
      fc.nat(LINES.length - 1).map((index) => LINES[index]),
    );
    const changes = fc.array(fc.tuple(fc.nat(120), line), { maxLength: 4 });
    const tracks = fc.subarray(TRACKS, { maxLength: 2 });
    fc.assert(
      fc.property(fc.constantFrom(...offers), changes, tracks, (offer, spoilt, chosen) => {
        const lines = offer.split('\r\n');
        for (const [at, text] of spoilt) {
          lines.splice(at % (lines.length + 1), 1, ...(text === undefined ? [] : [text]));
        }
        answerAnything(lines.join('\r\n'), chosen);
      }),
      { numRuns },
    );
  });
}
