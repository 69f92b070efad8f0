import assert from 'node:assert/strict';
import { test } from 'node:test';

import { RtspHeaders } from './rtsp-headers.ts';
import type { RtspRequest } from './rtsp-message.ts';
import { decideSetup, isRefusal, refuseRequest } from './server-request.ts';
import {
  INITIAL_SERVER_STATE,
  nextServerState,
  setupTracks,
  type ServerSessionEvent,
  type ServerSessionState,
  type SetupTrack,
} from './server-session.ts';

const track = (media: number, channel = media * 2): SetupTrack => ({
  media,
  transport: { profile: 'RTP/AVP', lower: 'tcp', delivery: 'unicast', interleaved: [channel, channel + 1] },
});
const setup = (media: number): ServerSessionEvent => ({ type: 'setup', track: track(media) });
const [announce, play, pause, record, teardown] = (
  ['announce', 'play', 'pause', 'record', 'teardown'] as const
).map((type): ServerSessionEvent => ({ type }));

function after(events: readonly (ServerSessionEvent | undefined)[]): ServerSessionState | undefined {
  let state: ServerSessionState | undefined = INITIAL_SERVER_STATE;
  for (const event of events) {
    assert.ok(event !== undefined && state !== undefined);
    state = nextServerState(state, event);
  }
  return state;
}

for (const { name, events, want } of [
  { name: 'play', events: [setup(0), setup(1), play], want: 'playing' },
  { name: 'play twice', events: [setup(0), play, play], want: 'playing' },
  { name: 'pause and play on', events: [setup(0), play, pause, play], want: 'playing' },
  { name: 'pause before play', events: [setup(0), pause], want: 'prePlay' },
  { name: 'record', events: [announce, setup(0), record], want: 'recording' },
  { name: 'pause a recording', events: [announce, setup(0), record, pause], want: 'preRecord' },
  { name: 'teardown at once', events: [teardown], want: 'closed' },
  { name: 'play without setup', events: [play], want: undefined },
  { name: 'record without announce', events: [setup(0), record], want: undefined },
  { name: 'record without setup', events: [announce, record], want: undefined },
  { name: 'play what was announced', events: [announce, setup(0), play], want: undefined },
  { name: 'announce twice', events: [announce, announce], want: undefined },
  { name: 'announce after setup', events: [setup(0), announce], want: undefined },
  { name: 'setup while playing', events: [setup(0), play, setup(1)], want: undefined },
  { name: 'setup while recording', events: [announce, setup(0), record, setup(1)], want: undefined },
  { name: 'pause at the start', events: [pause], want: undefined },
  { name: 'anything after teardown', events: [teardown, setup(0)], want: undefined },
]) {
  test(`nextServerState: ${name}`, () => assert.equal(after(events)?.name, want));
}

test('nextServerState: a media set up again has its new transport', () => {
  const state = after([setup(0), setup(1), { type: 'setup', track: track(0, 8) }]);
  assert.ok(state !== undefined);
  assert.deepEqual(setupTracks(state), [track(1), track(0, 8)]);
});

const request = (method: string, headers: Record<string, string> = {}, rest = {}): RtspRequest => ({
  method,
  url: 'rtsp://h/cam',
  version: '1.0',
  headers: RtspHeaders.of({ CSeq: '1', ...headers }),
  body: new Uint8Array(0),
  ...rest,
});
const fresh = { id: undefined, state: INITIAL_SERVER_STATE };
const ready = { id: 'abc', state: { name: 'prePlay', tracks: [track(0)] } } as const;
const playing = { id: 'abc', state: { name: 'playing', tracks: [track(0)] } } as const;

for (const { name, session, asked, want } of [
  { name: 'OPTIONS', session: fresh, asked: request('OPTIONS', {}, { url: '*' }), want: undefined },
  { name: 'DESCRIBE', session: fresh, asked: request('DESCRIBE'), want: undefined },
  { name: 'SETUP', session: fresh, asked: request('SETUP'), want: undefined },
  { name: 'PLAY', session: ready, asked: request('PLAY', { Session: 'abc' }), want: undefined },
  {
    name: 'PLAY, session with timeout',
    session: ready,
    asked: request('PLAY', { Session: 'abc;timeout=60' }),
    want: undefined,
  },
  { name: 'PLAY, session left out', session: ready, asked: request('PLAY'), want: undefined },
  {
    name: 'keep-alive',
    session: playing,
    asked: request('GET_PARAMETER', { Session: 'abc' }),
    want: undefined,
  },
  { name: 'version 2', session: fresh, asked: request('OPTIONS', {}, { version: '2.0' }), want: 505 },
  {
    name: 'no CSeq',
    session: fresh,
    asked: request('OPTIONS', {}, { headers: new RtspHeaders() }),
    want: 400,
  },
  { name: 'CSeq is no number', session: fresh, asked: request('OPTIONS', { CSeq: 'x' }), want: 400 },
  {
    name: 'ONVIF back channel',
    session: fresh,
    asked: request('DESCRIBE', { Require: 'www.onvif.org/ver20/backchannel' }),
    want: 551,
  },
  { name: 'unknown method', session: fresh, asked: request('BREW'), want: 501 },
  { name: 'a method for clients', session: fresh, asked: request('REDIRECT'), want: 405 },
  { name: 'DESCRIBE *', session: fresh, asked: request('DESCRIBE', {}, { url: '*' }), want: 400 },
  { name: 'unknown session', session: ready, asked: request('PLAY', { Session: 'xyz' }), want: 454 },
  { name: 'a session before SETUP', session: fresh, asked: request('SETUP', { Session: 'xyz' }), want: 454 },
  { name: 'PLAY before SETUP', session: fresh, asked: request('PLAY'), want: 454 },
  { name: 'TEARDOWN before SETUP', session: fresh, asked: request('TEARDOWN'), want: 454 },
  {
    name: 'RECORD in a play session',
    session: ready,
    asked: request('RECORD', { Session: 'abc' }),
    want: 455,
  },
  { name: 'SETUP while playing', session: playing, asked: request('SETUP', { Session: 'abc' }), want: 455 },
  {
    name: 'ANNOUNCE while playing',
    session: playing,
    asked: request('ANNOUNCE', { Session: 'abc' }),
    want: 455,
  },
]) {
  test(`refuseRequest: ${name} → ${want ?? 'served'}`, () => {
    assert.equal(refuseRequest(asked, session)?.status, want);
  });
}

test('refuseRequest: 551 names the option, 405 the methods', () => {
  const refusal = refuseRequest(request('PLAY', { Require: 'implicit-play' }), fresh);
  assert.deepEqual(refusal?.headers, { Unsupported: 'implicit-play' });
  assert.match(refuseRequest(request('REDIRECT'), fresh)?.headers?.['Allow'] ?? '', /DESCRIBE/);
});

const announced: ServerSessionState = { name: 'announced' };
for (const { name, transport, state, media, allowsUdp, want } of [
  {
    name: 'TCP as asked',
    transport: 'RTP/AVP/TCP;unicast;interleaved=4-5',
    want: 'RTP/AVP tcp 4-5',
  },
  { name: 'TCP, channels left to the server', transport: 'RTP/AVP/TCP;unicast', want: 'RTP/AVP tcp 0-1' },
  {
    name: 'TCP, second track, channels left to the server',
    transport: 'RTP/AVP/TCP;unicast',
    state: ready.state,
    media: 1,
    want: 'RTP/AVP tcp 2-3',
  },
  {
    name: 'the first alternative that will do',
    transport:
      'RTP/SAVP;unicast;client_port=1-2,RTP/AVP;multicast,RTP/AVP;unicast;client_port=6000-6001,RTP/AVP/TCP',
    want: 'RTP/AVP udp 6000-6001',
  },
  {
    name: 'UDP where it is off, TCP as second choice',
    allowsUdp: false,
    transport: 'RTP/AVP;unicast;client_port=1-2,RTP/AVP/TCP',
    want: 'RTP/AVP tcp 0-1',
  },
  { name: 'UDP where it is off', allowsUdp: false, transport: 'RTP/AVP;unicast;client_port=1-2', want: 461 },
  { name: 'UDP without ports', transport: 'RTP/AVP;unicast', want: 461 },
  { name: 'UDP with port 0', transport: 'RTP/AVP;unicast;client_port=0-1', want: 461 },
  { name: 'multicast', transport: 'RTP/AVP;multicast;client_port=1-2', want: 461 },
  { name: 'SRTP', transport: 'RTP/SAVP/TCP;unicast', want: 461 },
  { name: 'unknown', transport: 'RAW/RAW/UDP', want: 461 },
  { name: 'malformed', transport: 'RTP/AVP/TCP;interleaved=x', want: 400 },
  { name: 'missing', transport: undefined, want: 400 },
  {
    name: 'channels of another track',
    transport: 'RTP/AVP/TCP;interleaved=1-2',
    state: ready.state,
    media: 1,
    want: 400,
  },
  { name: 'RTP and RTCP on one channel', transport: 'RTP/AVP/TCP;interleaved=1-1', want: 400 },
  {
    name: 'the same track again',
    transport: 'RTP/AVP/TCP;interleaved=0-1',
    state: ready.state,
    want: 'RTP/AVP tcp 0-1',
  },
  { name: 'UDP beside TCP', transport: 'RTP/AVP;client_port=1-2', state: ready.state, media: 1, want: 461 },
  { name: 'record where nothing was announced', transport: 'RTP/AVP/TCP;mode=record', want: 461 },
  {
    name: 'record',
    transport: 'RTP/AVP/TCP;interleaved=0-1;mode=record',
    state: announced,
    want: 'RTP/AVP tcp 0-1 record',
  },
  {
    name: 'record, mode left out',
    transport: 'RTP/AVP/TCP;interleaved=0-1',
    state: announced,
    want: 'RTP/AVP tcp 0-1',
  },
  { name: 'play what was announced', transport: 'RTP/AVP/TCP;mode=play', state: announced, want: 461 },
  {
    name: 'a destination is not followed',
    transport: 'RTP/AVP;client_port=1-2;destination=10.9.9.9',
    want: 'RTP/AVP udp 1-2',
  },
] as {
  name: string;
  transport: string | undefined;
  state?: ServerSessionState;
  media?: number;
  allowsUdp?: boolean;
  want: string | number;
}[]) {
  test(`decideSetup: ${name}`, () => {
    const asked = request('SETUP', transport === undefined ? {} : { Transport: transport });
    const result = decideSetup(asked, state ?? INITIAL_SERVER_STATE, {
      media: media ?? 0,
      allowsUdp: allowsUdp ?? true,
    });
    if (isRefusal(result)) {
      assert.equal(result.status, want);
      return;
    }
    const { profile, lower, interleaved, clientPort, mode, destination } = result.transport;
    const pair = (lower === 'tcp' ? interleaved : clientPort)?.join('-') ?? '';
    assert.equal([profile, lower, pair, mode].filter((part) => part !== undefined).join(' '), want);
    assert.equal(destination, undefined);
    assert.equal(result.media, media ?? 0);
  });
}

test('decideSetup: channels run out after 128 tracks', () => {
  const tracks = Array.from({ length: 128 }, (_, media) => track(media));
  const decide = (count: number) =>
    decideSetup(
      request('SETUP', { Transport: 'RTP/AVP/TCP' }),
      { name: 'prePlay', tracks: tracks.slice(0, count) },
      { media: 200, allowsUdp: true },
    );
  assert.equal(isRefusal(decide(127)), false); // 254-255
  assert.equal(isRefusal(decide(128)), true);
});
