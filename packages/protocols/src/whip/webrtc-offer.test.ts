import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  CHROMIUM_OFFER,
  FIREFOX_OFFER,
  GSTREAMER_OFFER,
  LIBDATACHANNEL_OFFER,
  SAFARI_OFFER,
} from './testing/offers.ts';
import { parseWebrtcOffer } from './webrtc-offer.ts';

for (const { name, text, want } of [
  {
    name: 'Chromium',
    text: CHROMIUM_OFFER,
    want: { ufrag: '8sXQ', setup: 'actpass', kinds: 'video 0 bundled, audio 1 bundled', candidates: [] },
  },
  {
    name: 'Firefox',
    text: FIREFOX_OFFER,
    want: { ufrag: '0a1b2c3d', setup: 'actpass', kinds: 'audio 0 bundled, video 1 bundled', candidates: [] },
  },
  {
    name: 'Safari',
    text: SAFARI_OFFER,
    want: {
      ufrag: '8sXQ',
      setup: 'actpass',
      kinds: 'video video0 bundled, audio audio0 bundled, application data bundled',
      candidates: [],
    },
  },
  {
    name: 'GStreamer',
    text: GSTREAMER_OFFER,
    want: {
      ufrag: 'qiUAC8cDuSJBpNfaVY0kz2N/1gGbQIWZ',
      setup: 'actpass',
      kinds: 'video video0 bundled, audio audio1 bundled',
      candidates: ['192.168.1.20 40123', 'fe80::21a:2bff:fe3c:4d5e 40124'],
    },
  },
  {
    name: 'libdatachannel',
    text: LIBDATACHANNEL_OFFER,
    want: { ufrag: 'klx5', setup: 'active', kinds: 'video video bundled', candidates: [] },
  },
]) {
  test(`parseWebrtcOffer: ${name}`, () => {
    const { ice, setup, sections, candidates, fingerprint } = parseWebrtcOffer(text);
    const kinds = sections.map(({ kind, mid, isBundled }) =>
      [kind, mid, isBundled ? 'bundled' : 'apart'].join(' '),
    );
    assert.deepEqual(
      {
        ufrag: ice.ufrag,
        setup,
        kinds: kinds.join(', '),
        candidates: candidates.map(({ address, port }) => `${address} ${port}`),
      },
      want,
    );
    assert.match(fingerprint, /^sha-256 47:2D:B4:/);
  });
}

test('parseWebrtcOffer: formats carry their parameters and feedback, sections their extensions', () => {
  const [, video] = parseWebrtcOffer(FIREFOX_OFFER).sections;
  const h264 = video?.formats.find(({ payloadType }) => payloadType === 126);
  assert.equal(h264?.parameters.get('profile-level-id'), '42e01f');
  assert.deepEqual(h264.feedback, ['nack', 'nack pli', 'ccm fir', 'goog-remb']);
  assert.equal(video?.extensions.get('http://www.webrtc.org/experiments/rtp-hdrext/playout-delay'), 5);
  assert.equal(video.hasReducedRtcp, true);
});

test('parseWebrtcOffer: G.711 needs no rtpmap', () => {
  const text = LIBDATACHANNEL_OFFER.replace(
    'm=video 9 UDP/TLS/RTP/SAVPF 96',
    'm=audio 9 UDP/TLS/RTP/SAVPF 8',
  );
  const [section] = parseWebrtcOffer(text).sections;
  assert.deepEqual(
    section?.formats.map(({ encoding, clockRate }) => ({ encoding, clockRate })),
    [{ encoding: 'PCMA', clockRate: 8000 }],
  );
});

for (const { name, text, code } of [
  { name: 'nothing', text: '', code: 'ERR_SDP_NONE' },
  { name: 'HTML', text: '<html></html>', code: 'ERR_SDP_NONE' },
  { name: 'no section', text: 'v=0\r\ns=-\r\n', code: 'ERR_WEBRTC_OFFER' },
  { name: 'too long', text: CHROMIUM_OFFER + 'a=x\r\n'.repeat(14_000), code: 'ERR_WEBRTC_OFFER' },
  {
    name: 'too many sections',
    text: CHROMIUM_OFFER + 'm=video 9 UDP/TLS/RTP/SAVPF 96\r\n'.repeat(20),
    code: 'ERR_WEBRTC_OFFER',
  },
  {
    name: 'an RTSP description',
    text: 'v=0\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n',
    code: 'ERR_WEBRTC_OFFER',
  },
  { name: 'no bundle', text: CHROMIUM_OFFER.replace(/a=group.*\r\n/, ''), code: 'ERR_WEBRTC_BUNDLE' },
  { name: 'no rtcp-mux', text: CHROMIUM_OFFER.replace('a=rtcp-mux\r\n', ''), code: 'ERR_WEBRTC_BUNDLE' },
  { name: 'no ICE', text: CHROMIUM_OFFER.replaceAll(/a=ice-ufrag.*\r\n/g, ''), code: 'ERR_WEBRTC_OFFER' },
  {
    name: 'a password with a space',
    text: CHROMIUM_OFFER.replaceAll(/a=ice-pwd:/g, 'a=ice-pwd:x '),
    code: 'ERR_WEBRTC_OFFER',
  },
  {
    name: 'a fingerprint that is too short',
    text: CHROMIUM_OFFER.replaceAll(':39:0B', ''),
    code: 'ERR_WEBRTC_OFFER',
  },
  { name: 'only MD5', text: CHROMIUM_OFFER.replaceAll('sha-256', 'md5'), code: 'ERR_WEBRTC_OFFER' },
  { name: 'an odd setup', text: CHROMIUM_OFFER.replaceAll('actpass', 'holdconn'), code: 'ERR_WEBRTC_OFFER' },
  { name: 'a bad mid', text: CHROMIUM_OFFER.replace('a=mid:0', 'a=mid:"0"'), code: 'ERR_WEBRTC_OFFER' },
]) {
  test(`parseWebrtcOffer refuses ${name}`, () => {
    assert.throws(() => parseWebrtcOffer(text), { name: 'ProtocolError', code });
  });
}

test('parseWebrtcOffer: no more candidates than the limit, the rest is left out', () => {
  const many = Array.from(
    { length: 100 },
    (_, i) => `a=candidate:${i} 1 UDP 1 10.0.0.${i} 1000 typ host\r\n`,
  );
  assert.equal(parseWebrtcOffer(LIBDATACHANNEL_OFFER + many.join('')).candidates.length, 32);
});
