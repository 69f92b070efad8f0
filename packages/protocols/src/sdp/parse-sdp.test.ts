import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';
import { ProtocolError } from '@vedette/media';
import fc from 'fast-check';
import { attempt, fuzz } from '../../../media/src/testing/fuzz.ts';
import { goFuzzInputs } from '../../../media/src/testing/go-fuzz.ts';
import { sharedPath } from '../../../media/src/testing/shared.ts';
import { parseSdp, SDP_LIMITS } from './parse-sdp.ts';
import { tracksFromSdp } from './sdp-tracks.ts';
import { serializeSdp } from './serialize-sdp.ts';
import { sdpAttribute, sdpAttributes } from './session-description.ts';

const CAMERA = [
  'v=0',
  'o=- 1109162014219182 1 IN IP4 192.168.1.64',
  's=Media Presentation',
  'c=IN IP4 0.0.0.0',
  't=0 0',
  'a=control:rtsp://192.168.1.64:554/Streaming/Channels/101/',
  'a=range:npt=now-',
  'm=video 0 RTP/AVP 96',
  'b=AS:5000',
  'a=recvonly',
  'a=x-dimensions:1920,1080',
  'a=control:trackID=1',
  'a=rtpmap:96 H264/90000',
  'a=fmtp:96 profile-level-id=420029; packetization-mode=1; sprop-parameter-sets=Z00AKZY=,aO48gA==',
  'm=audio 0 RTP/AVP 104',
  'a=control:trackID=2',
  'a=rtpmap:104 mpeg4-generic/16000/1',
  'a=fmtp:104 profile-level-id=15;mode=AAC-hbr;sizelength=13;indexlength=3;indexdeltalength=3;config=1408',
  'a=Media_header:MEDIAINFO=494D4B48',
  '',
];

describe('parseSdp', () => {
  const session = parseSdp(CAMERA.join('\r\n'));
  const [video, audio] = session.medias;

  test('reads the session', () => {
    assert.deepEqual(session.origin, {
      username: '-',
      sessionId: '1109162014219182',
      sessionVersion: '1',
      addressType: 'IP4',
      address: '192.168.1.64',
    });
    assert.equal(session.name, 'Media Presentation');
    assert.equal(session.control, 'rtsp://192.168.1.64:554/Streaming/Channels/101/');
    assert.equal(session.connection, '0.0.0.0');
    assert.equal(sdpAttribute(session, 'range'), 'npt=now-');
    assert.equal(session.medias.length, 2);
  });

  test('reads a section', () => {
    assert.ok(video && audio);
    assert.deepEqual(
      [video.kind, video.port, video.protocol, video.payloadTypes],
      ['video', 0, 'RTP/AVP', [96]],
    );
    assert.deepEqual(video.rtpmaps, [{ payloadType: 96, encoding: 'H264', clockRate: 90_000, channels: 1 }]);
    assert.match(video.fmtps.get(96) ?? '', /^profile-level-id=420029; packetization-mode=1; sprop/);
    assert.deepEqual([video.control, video.direction], ['trackID=1', 'recvonly']);
    assert.deepEqual([audio.control, audio.direction], ['trackID=2', 'sendrecv']);
    assert.deepEqual(audio.rtpmaps, [
      { payloadType: 104, encoding: 'mpeg4-generic', clockRate: 16_000, channels: 1 },
    ]);
  });

  test('keeps every attribute as it came, in order', () => {
    assert.ok(video && audio);
    assert.deepEqual(
      video.attributes.map(({ name }) => name),
      ['recvonly', 'x-dimensions', 'control', 'rtpmap', 'fmtp'],
    );
    assert.equal(sdpAttribute(video, 'recvonly'), '');
    assert.equal(sdpAttribute(video, 'sendonly'), undefined);
    assert.equal(sdpAttribute(audio, 'Media_header'), 'MEDIAINFO=494D4B48');
  });

  test('keeps what WebRTC needs raw', () => {
    const offer = parseSdp(
      [
        'v=0',
        'a=group:BUNDLE 0',
        'm=video 9 UDP/TLS/RTP/SAVPF 102 121',
        'a=ice-ufrag:abcd',
        'a=fingerprint:sha-256 AB:CD',
        'a=mid:0',
        'a=rtcp-mux',
        'a=rtcp-fb:102 nack pli',
        'a=rtcp-fb:102 transport-cc',
        'a=rtpmap:102 H264/90000',
        'a=fmtp:102 level-asymmetry-allowed=1;packetization-mode=1',
        'a=rtpmap:121 rtx/90000',
        'a=fmtp:121 apt=102',
      ].join('\n'),
    );
    const [media] = offer.medias;
    assert.ok(media);
    assert.equal(media.mid, '0');
    assert.deepEqual(sdpAttributes(media, 'rtcp-fb'), ['102 nack pli', '102 transport-cc']);
    assert.equal(sdpAttribute(media, 'ice-ufrag'), 'abcd');
    assert.deepEqual([...media.fmtps.keys()], [102, 121]);
  });
});

describe('parseSdp takes what cameras send', () => {
  for (const { name, text, want } of [
    { name: 'bare line feeds', text: 'v=0\nm=video 0 RTP/AVP 96\na=control:x\n', want: { control: 'x' } },
    {
      name: 'bare carriage returns',
      text: 'v=0\rm=video 0 RTP/AVP 96\ra=control:x\r',
      want: { control: 'x' },
    },
    {
      name: 'leading and doubled spaces',
      text: ' m=video  0  RTP/AVP  96 \r\n a=control:x ',
      want: { control: 'x', payloadTypes: [96] },
    },
    { name: 'a space behind the colon', text: 'm=video 0 RTP/AVP 96\na=control: x', want: { control: 'x' } },
    {
      name: 'spaces in rtpmap',
      text: 'm=video 0 RTP/AVP 96\na=rtpmap: 96  H264/90000 ',
      want: { rtpmaps: [{ payloadType: 96, encoding: 'H264', clockRate: 90_000, channels: 1 }] },
    },
    {
      name: 'rtpmap without a clock',
      text: 'm=video 0 RTP/AVP 96\na=rtpmap:96 H264',
      want: { rtpmaps: [{ payloadType: 96, encoding: 'H264', clockRate: 0, channels: 1 }] },
    },
    {
      name: 'no channels at all',
      text: 'm=audio 0 RTP/AVP 8\na=rtpmap:8 PCMA/8000/0',
      want: { rtpmaps: [{ payloadType: 8, encoding: 'PCMA', clockRate: 8000, channels: 1 }] },
    },
    {
      name: 'a number of ports',
      text: 'm=video 49170/2 RTP/AVP 31',
      want: { port: 49_170, payloadTypes: [31] },
    },
    {
      name: 'TP-Link metadata',
      text: 'm=application/TP-LINK 0 RTP/AVP smart/1/90000',
      want: { kind: 'application', formats: ['smart/1/90000'], payloadTypes: [] },
    },
    {
      name: 'parameters over two lines',
      text: 'm=video 0 RTP/AVP 96\na=fmtp:96 a=1\na=fmtp:96 b=2',
      want: { fmtps: new Map([[96, 'a=1;b=2']]) },
    },
    {
      name: 'direction of the session',
      text: 'a=recvonly\nm=video 0 RTP/AVP 96',
      want: { direction: 'recvonly' },
    },
    { name: 'a number for control', text: 'm=video 0 RTP/AVP 96\na=control:007', want: { control: '007' } },
    { name: 'an m= line of nothing', text: 'v=0\nm=', want: { kind: '', port: 0, payloadTypes: [] } },
    {
      name: 'rubbish between',
      text: 'hello\nv=0\n{"a":1}\nm=video 0 RTP/AVP 96\n=x\na=\na=mid:v',
      want: { mid: 'v' },
    },
    { name: 'zero bytes at the end', text: 'm=video 0 RTP/AVP 96\na=control:x\0\0', want: { control: 'x' } },
  ]) {
    test(name, () => {
      const [media] = parseSdp(text).medias;
      assert.deepEqual({ ...media, ...want }, media);
    });
  }
});

describe('parseSdp refuses', () => {
  for (const { name, text, code } of [
    { name: 'nothing', text: '', code: 'ERR_SDP_NONE' },
    { name: 'a web page', text: '<html>\n<body>404</body></html>', code: 'ERR_SDP_NONE' },
    { name: 'too much text', text: 's='.padEnd(SDP_LIMITS.length + 1, 'x'), code: 'ERR_SDP_TOO_LARGE' },
    { name: 'too many lines', text: 'a=x\n'.repeat(SDP_LIMITS.lines), code: 'ERR_SDP_TOO_LARGE' },
    { name: 'too many sections', text: 'm=audio 0 RTP/AVP 0\n'.repeat(65), code: 'ERR_SDP_TOO_MANY_MEDIAS' },
  ]) {
    test(name, () => {
      assert.throws(
        () => parseSdp(text),
        (error) => error instanceof ProtocolError && error.code === code,
      );
    });
  }

  test('nothing that takes long: the longest lines of every kind', () => {
    const filler = ['1', ' ', '/', ';', '=', ':', '[', 'a '].map((piece) =>
      piece.repeat(60_000).slice(0, 60_000),
    );
    for (const start of [
      'a=rtpmap:',
      'a=fmtp:',
      'a=ptime:',
      'a=imageattr:1 send ',
      'm=',
      'o=',
      'a=simulcast:',
      'c=IN ',
    ]) {
      for (const rest of filler) parseSdp(`m=video 0 RTP/AVP 96\n${start}${rest}`);
    }
  });
});

describe('serializeSdp', () => {
  const origin = {
    username: '-',
    sessionId: '1',
    sessionVersion: '2',
    addressType: 'IP6',
    address: '::1',
  } as const;

  test('writes lines in the order of RFC 8866', () => {
    const text = serializeSdp({
      origin,
      name: '',
      attributes: [
        { name: 'ice-lite', value: undefined },
        { name: 'group', value: 'BUNDLE 0' },
      ],
      medias: [
        {
          kind: 'video',
          port: 9,
          protocol: 'UDP/TLS/RTP/SAVPF',
          formats: [96, 97],
          connection: '0.0.0.0',
          attributes: [{ name: 'mid', value: '0' }],
        },
      ],
    });
    assert.equal(
      text,
      [
        'v=0',
        'o=- 1 2 IN IP6 ::1',
        's=-',
        't=0 0',
        'a=ice-lite',
        'a=group:BUNDLE 0',
        'm=video 9 UDP/TLS/RTP/SAVPF 96 97',
        'c=IN IP4 0.0.0.0',
        'a=mid:0',
        '',
      ].join('\r\n'),
    );
  });

  test('nothing that is written adds a line', () => {
    const text = serializeSdp({
      origin,
      name: 'gate\r\na=evil',
      attributes: [{ name: 'x', value: 'y\nm=audio 0 RTP/AVP 0' }],
      medias: [],
    });
    assert.deepEqual(
      text.split('\r\n').map((line) => line[0]),
      ['v', 'o', 's', 't', 'a', undefined],
    );
  });

  test('what it writes, parseSdp reads', () => {
    const token = fc.stringMatching(/^[a-z][a-z0-9-]{0,12}$/);
    const words = fc.array(fc.stringMatching(/^[A-Za-z0-9%/=;,:]{1,8}$/), { minLength: 1, maxLength: 3 });
    const value = fc.option(
      words.map((list) => list.join(' ')),
      { nil: undefined },
    );
    const attributes = fc.array(fc.record({ name: token, value }, { noNullPrototype: true }), {
      maxLength: 6,
    });
    const media = fc.record({
      kind: fc.constantFrom('audio', 'video', 'application'),
      port: fc.nat(65_535),
      protocol: fc.constantFrom('RTP/AVP', 'UDP/TLS/RTP/SAVPF'),
      formats: fc.array(fc.nat(127).map(String), { minLength: 1, maxLength: 5 }),
      attributes,
    });
    fc.assert(
      fc.property(attributes, fc.array(media, { maxLength: 4 }), (sessionAttributes, medias) => {
        const parsed = parseSdp(serializeSdp({ origin, name: 'n', attributes: sessionAttributes, medias }));
        assert.deepEqual(parsed.attributes, sessionAttributes);
        assert.equal(parsed.medias.length, medias.length);
        parsed.medias.forEach((got, index) => {
          const { kind, port, protocol, formats } = got;
          const sent = medias[index];
          assert.deepEqual(
            { kind, port, protocol, formats },
            {
              kind: sent?.kind,
              port: sent?.port,
              protocol: sent?.protocol,
              formats: sent?.formats,
            },
          );
          assert.deepEqual(got.attributes, sent?.attributes);
        });
      }),
    );
  });
});

const text = new TextEncoder();
const folder = sharedPath('vectors', 'sdp', 'test');
const files = folder === undefined ? [] : readdirSync(folder).map((name) => path.join(folder, name));
const corpora = ['description', 'sdpunmarshaler', 'format/testdata'].flatMap((part) => {
  const found = sharedPath('vectors', 'gortsplib-fuzz', 'pkg', part);
  return found === undefined ? [] : [...goFuzzInputs(found)];
});

function parseAll(input: Uint8Array): void {
  tracksFromSdp(parseSdp(Buffer.from(input).toString('utf8')));
}

test('every file of the SDP corpora parses or is refused', (context) => {
  if (files.length === 0) context.diagnostic('The shared test data is missing: nothing to parse');
  for (const file of files) {
    const session = parseSdp(readFileSync(file, 'utf8'));
    const { tracks, unsupported } = tracksFromSdp(session);
    assert.equal(tracks.length + unsupported.length, session.medias.length, file);
  }
  for (const { file, args } of corpora) for (const input of args) attempt(file, input, parseAll);
});

const seeds = [
  text.encode(CAMERA.join('\r\n')),
  ...files.map((file) => new Uint8Array(readFileSync(file))).filter(({ length }) => length < 1500),
  ...corpora.flatMap(({ args }) => args),
];

fuzz('parseSdp', seeds, parseAll);
