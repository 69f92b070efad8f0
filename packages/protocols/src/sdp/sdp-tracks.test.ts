import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createDepacketizer } from '../rtp/create-depacketizer.ts';
import { parseSdp } from './parse-sdp.ts';
import { tracksFromSdp } from './sdp-tracks.ts';
import type { SdpTrack, SdpTracks, UnsupportedMedia } from './sdp-tracks.ts';

function tracksOf(...lines: string[]): SdpTracks {
  return tracksFromSdp(parseSdp(['v=0', ...lines].join('\r\n')));
}

function hex(list: readonly Uint8Array[]): string[] {
  return list.map((bytes) => Buffer.from(bytes).toString('hex'));
}

describe('tracksFromSdp', () => {
  for (const { name, lines, want } of [
    {
      name: 'H.264',
      lines: ['m=video 0 RTP/AVP 96', 'a=control:trackID=1', 'a=rtpmap:96 H264/90000'],
      want: {
        codec: 'h264',
        encoding: 'h264',
        kind: 'video',
        payloadType: 96,
        clockRate: 90_000,
        control: 'trackID=1',
      },
    },
    {
      name: 'H.265 by its other name',
      lines: ['m=video 0 RTP/AVP 98', 'a=rtpmap:98 HEVC/90000'],
      want: { codec: 'h265' },
    },
    {
      name: 'PCMU without rtpmap',
      lines: ['m=audio 0 RTP/AVP 0'],
      want: { codec: 'pcmu', clockRate: 8000, channels: 1 },
    },
    {
      name: 'PCMA at 16 kHz',
      lines: ['m=audio 0 RTP/AVP 97', 'a=rtpmap:97 PCMA/16000/2'],
      want: { codec: 'pcma', clockRate: 16_000, channels: 2 },
    },
    {
      name: 'Opus',
      lines: ['m=audio 0 RTP/AVP 111', 'a=rtpmap:111 opus/48000/2'],
      want: { codec: 'opus', clockRate: 48_000, channels: 2 },
    },
    {
      name: 'rtpmap without a clock',
      lines: ['m=video 0 RTP/AVP 96', 'a=rtpmap:96 H264'],
      want: { codec: 'h264', clockRate: 90_000 },
    },
    {
      name: 'another payload type in rtpmap than in m=',
      lines: ['m=video 0 RTP/AVP 35', 'a=rtpmap:96 H264/90000'],
      want: { codec: 'h264', payloadType: 35 },
    },
    {
      name: 'AV1',
      lines: ['m=video 0 RTP/AVP 45', 'a=rtpmap:45 AV1/90000', 'a=fmtp:45 profile=0;level-idx=5'],
      want: { codec: 'av1', payloadType: 45, clockRate: 90_000 },
    },
    {
      name: 'the first known codec of several',
      lines: ['m=video 0 RTP/AVP 100 96', 'a=rtpmap:100 H263-1998/90000', 'a=rtpmap:96 H264/90000'],
      want: { codec: 'h264', payloadType: 96 },
    },
  ] as readonly { name: string; lines: string[]; want: Partial<SdpTrack> }[]) {
    test(name, () => {
      const { tracks, unsupported } = tracksOf(...lines);
      assert.deepEqual(unsupported, []);
      const [track] = tracks;
      assert.ok(track);
      assert.deepEqual({ ...track, ...want }, track);
      assert.doesNotThrow(() => createDepacketizer(track));
    });
  }

  for (const { name, lines, want } of [
    {
      name: 'another codec',
      lines: ['m=video 0 RTP/AVP 96', 'a=rtpmap:96 theora/90000'],
      want: { kind: 'video', encoding: 'theora', reason: 'codec' },
    },
    {
      name: 'JPEG without rtpmap',
      lines: ['m=video 0 RTP/AVP 26'],
      want: { kind: 'video', encoding: 'JPEG', reason: 'codec' },
    },
    {
      name: 'ONVIF metadata',
      lines: ['m=application 0 RTP/AVP 107', 'a=rtpmap:107 vnd.onvif.metadata/90000'],
      want: { kind: 'application', encoding: 'vnd.onvif.metadata', reason: 'codec' },
    },
    {
      name: 'a data channel',
      lines: ['m=application 9 UDP/DTLS/SCTP webrtc-datachannel'],
      want: { kind: 'application', encoding: 'UDP/DTLS/SCTP webrtc-datachannel', reason: 'codec' },
    },
    {
      name: 'AAC of an object type nobody plays',
      lines: ['m=audio 0 RTP/AVP 96', 'a=rtpmap:96 mpeg4-generic/8000', 'a=fmtp:96 config=4608'],
      want: { kind: 'audio', encoding: 'mpeg4-generic', reason: 'parameters' },
    },
    {
      name: 'LATM without configuration',
      lines: ['m=audio 0 RTP/AVP 96', 'a=rtpmap:96 MP4A-LATM/48000'],
      want: { kind: 'audio', encoding: 'MP4A-LATM', reason: 'parameters' },
    },
  ] as readonly { name: string; lines: string[]; want: Omit<UnsupportedMedia, 'mediaIndex'> }[]) {
    test(`names what is not supported: ${name}`, () => {
      assert.deepEqual(tracksOf(...lines), { tracks: [], unsupported: [{ mediaIndex: 0, ...want }] });
    });
  }

  test('names the way back to the camera, and takes a server that says sendonly of itself', () => {
    const forward = ['m=video 0 RTP/AVP 96', 'a=rtpmap:96 H264/90000', 'a=recvonly'];
    const back = ['m=audio 0 RTP/AVP 0', 'a=sendonly'];
    const { tracks, unsupported } = tracksOf(...forward, ...back);
    assert.deepEqual(
      tracks.map(({ codec }) => codec),
      ['h264'],
    );
    assert.deepEqual(unsupported, [
      { mediaIndex: 1, kind: 'audio', encoding: 'pcmu', reason: 'back-channel' },
    ]);
    assert.equal(tracksOf(...back).tracks.length, 1);
  });
});

describe('parameters of tracks', () => {
  const video = (fmtp: string, codec = 'H264') => {
    const [track] = tracksOf(
      'm=video 0 RTP/AVP 96',
      `a=rtpmap:96 ${codec}/90000`,
      `a=fmtp:96 ${fmtp}`,
    ).tracks;
    assert.ok(track);
    return track;
  };

  for (const { name, sets, sps, pps } of [
    { name: 'SPS and PPS', sets: 'Z00AKZY=,aO48gA==', sps: ['674d002996'], pps: ['68ee3c80'] },
    { name: 'the other way round', sets: 'aO48gA==,Z00AKZY=', sps: ['674d002996'], pps: ['68ee3c80'] },
    { name: 'without padding', sets: 'Z00AKZY,aO48gA', sps: ['674d002996'], pps: ['68ee3c80'] },
    {
      name: 'behind Annex B start codes',
      sets: 'AAAAAWdNACmW,AAAAAWjuPIA=',
      sps: ['674d002996'],
      pps: ['68ee3c80'],
    },
    { name: 'several PPS', sets: 'Z00AKZY=,aO48gA==,aO4=', sps: ['674d002996'], pps: ['68ee3c80', '68ee'] },
    { name: 'one that is no Base64', sets: 'Z00AKZY=,?!', sps: ['674d002996'], pps: [] },
    { name: 'zeros', sets: 'AAAA,aO4=', sps: [], pps: ['68ee'] },
    { name: 'nothing', sets: '', sps: [], pps: [] },
  ]) {
    test(`H.264: ${name}`, () => {
      const track = video(`packetization-mode=1; Sprop-Parameter-Sets=${sets}; profile-level-id=4D0029`);
      assert.deepEqual([hex(track.sps), hex(track.pps), track.vps], [sps, pps, []]);
      assert.equal(track.fmtp.get('packetization-mode'), '1');
    });
  }

  test('H.265: VPS, SPS and PPS', () => {
    const track = video('sprop-vps=QAEM; sprop-sps=QgEB; sprop-pps=RAHA,RAHB', 'H265');
    assert.deepEqual(
      [hex(track.vps), hex(track.sps), hex(track.pps)],
      [['40010c'], ['420101'], ['4401c0', '4401c1']],
    );
  });

  for (const { name, rtpmap, fmtp, config, clockRate } of [
    {
      name: 'AAC',
      rtpmap: 'mpeg4-generic/16000/1',
      fmtp: 'mode=AAC-hbr;config=1408',
      config: '1408',
      clockRate: 16_000,
    },
    {
      name: 'quotes around the config',
      rtpmap: 'MPEG4-GENERIC/16000',
      fmtp: 'config="1408"',
      config: '1408',
      clockRate: 16_000,
    },
    {
      name: 'no clock in rtpmap',
      rtpmap: 'mpeg4-generic',
      fmtp: 'config=1190',
      config: '1190',
      clockRate: 48_000,
    },
    {
      name: 'no config: AAC-LC is taken',
      rtpmap: 'mpeg4-generic/48000/2',
      fmtp: 'mode=AAC-hbr',
      config: '1190',
      clockRate: 48_000,
    },
    {
      name: 'LATM',
      rtpmap: 'MP4A-LATM/48000/2',
      fmtp: 'cpresent=0;config=400023203fc0',
      config: '1190',
      clockRate: 48_000,
    },
  ]) {
    test(`AAC config: ${name}`, () => {
      const [track] = tracksOf('m=audio 0 RTP/AVP 97', `a=rtpmap:97 ${rtpmap}`, `a=fmtp:97 ${fmtp}`).tracks;
      assert.ok(track?.audioConfig);
      assert.equal(Buffer.from(track.audioConfig).toString('hex'), config);
      assert.equal(track.clockRate, clockRate);
    });
  }
});
