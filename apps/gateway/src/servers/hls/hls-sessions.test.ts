import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EVERYBODY } from '../../access/identity.ts';
import { SessionRegistry } from '../../sessions/session-registry.ts';
import { HLS_SESSION_LIMITS, HlsSessions, type HlsSessionLimits } from './hls-sessions.ts';

const PEER = { address: '10.0.0.9', userAgent: 'player', transport: 'http', identity: EVERYBODY };
const never = new AbortController().signal;

function harness(limits: Partial<HlsSessionLimits> = {}): {
  sessions: HlsSessions;
  registry: SessionRegistry;
  ended: string[];
  pass: (ms: number) => void;
} {
  let nowMs = 0;
  const ended: string[] = [];
  const registry = new SessionRegistry({
    started: () => undefined,
    ended: (_session, reason) => ended.push(reason),
  });
  const sessions = new HlsSessions(registry, { ...HLS_SESSION_LIMITS, ...limits }, () => nowMs);
  return {
    sessions,
    registry,
    ended,
    pass: (ms) => {
      nowMs += ms;
      sessions.sweep();
    },
  };
}

test('hls sessions: an invited viewer is listed once it plays, with what it has been sent', () => {
  const { sessions, registry } = harness();
  const session = sessions.invite('cam', PEER);
  assert.ok(session !== undefined);
  assert.match(session.key, /^[\w-]{22}$/);
  assert.equal(registry.list().length, 0);
  sessions.begin(session);
  sessions.begin(session);
  session.countBytes(1000);
  const [record] = registry.list();
  assert.deepEqual(
    [record?.protocol, record?.cameraId, record?.peer, record?.userAgent, record?.owner.totals().bytes],
    ['hls', 'cam', '10.0.0.9', 'player', 1000],
  );
  assert.equal(sessions.find(session.key, 'cam'), session);
  assert.equal(sessions.find(session.key, 'other'), undefined);
  sessions.close();
});

test('hls sessions: a viewer without requests is gone after 30 s, one that waits is not', () => {
  const { sessions, ended, pass } = harness();
  const [idle, busy] = [sessions.invite('cam', PEER), sessions.invite('cam', PEER)];
  assert.ok(idle !== undefined && busy !== undefined);
  sessions.begin(idle);
  sessions.begin(busy);
  const { done } = busy.request(never);
  pass(29_000);
  assert.equal(sessions.find(idle.key, 'cam'), idle);
  pass(29_000);
  assert.deepEqual(ended, []);
  pass(2000);
  assert.deepEqual(ended, ['no requests any more']);
  assert.equal(sessions.find(idle.key, 'cam'), undefined);
  done();
  pass(31_000);
  assert.equal(ended.length, 2);
  assert.equal(sessions.size, 0);
});

test('hls sessions: closing one cancels what it waits for and forgets its key', () => {
  const { sessions, registry, ended } = harness();
  const session = sessions.invite('cam', PEER);
  assert.ok(session !== undefined);
  sessions.begin(session);
  const { signal } = session.request(never);
  registry.list()[0]?.owner.close('ended by the administrator');
  assert.equal(signal.aborted, true);
  assert.equal(sessions.find(session.key, 'cam'), undefined);
  assert.deepEqual(ended, ['ended by the administrator']);
  session.close('again');
  assert.equal(ended.length, 1);
});

test('hls sessions: a request is cancelled when its client leaves', () => {
  const { sessions } = harness();
  const client = new AbortController();
  const request = sessions.invite('cam', PEER)?.request(client.signal);
  assert.equal(request?.signal.aborted, false);
  client.abort();
  assert.equal(request.signal.aborted, true);
  sessions.close();
});

test('hls sessions: bounded in all, by address, and in requests', () => {
  const { sessions } = harness({ maxSessions: 3, maxSessionsPerAddress: 2, maxRequestsPerAddress: 1 });
  const first = sessions.invite('cam', PEER);
  assert.ok(first !== undefined && sessions.invite('cam', PEER) !== undefined);
  assert.equal(sessions.invite('cam', PEER), undefined);
  assert.ok(sessions.invite('cam', { ...PEER, address: 'b' }) !== undefined);
  assert.equal(sessions.invite('cam', { ...PEER, address: 'c' }), undefined);
  first.close('left');
  assert.ok(sessions.invite('cam', PEER) !== undefined);
  const release = sessions.admit('a');
  assert.ok(release !== undefined && sessions.admit('b') !== undefined);
  assert.equal(sessions.admit('a'), undefined);
  release();
  assert.ok(sessions.admit('a') !== undefined);
  sessions.close();
  assert.equal(sessions.size, 0);
});
