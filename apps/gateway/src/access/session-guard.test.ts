import assert from 'node:assert/strict';
import { once, EventEmitter } from 'node:events';
import { describe, test, type TestContext } from 'node:test';
import { silentLogger } from '../observability/logger.ts';
import { SessionRegistry, type SessionInfo } from '../sessions/session-registry.ts';
import type { AuditEntry } from './audit-entry.ts';
import { EVERYBODY, type Identity } from './identity.ts';
import { Rights } from './rights.ts';
import { auditSessions } from './session-audit.ts';
import { SessionGuard } from './session-guard.ts';

const MAI: Identity = { kind: 'user', id: 'mai', name: 'mai' };
const TOKEN: Identity = { kind: 'streamToken', id: 't', userId: 'mai', name: 'mai' };
const ENCODER: Identity = { kind: 'publishKey', id: 'e', name: 'e' };

interface Gatehouse {
  readonly rights: Rights;
  readonly guard: SessionGuard;
  readonly sessions: SessionRegistry;
  /** `who reason`, in order. */
  readonly ended: string[];
  readonly events: EventEmitter;
  readonly begin: (
    who: string,
    info: Partial<SessionInfo> & Pick<SessionInfo, 'identity'>,
    isStubborn?: boolean,
  ) => void;
}

function gatehouse(context: TestContext, now: () => number = Date.now): Gatehouse {
  const rights = new Rights(now);
  const events = new EventEmitter();
  const sessions = new SessionRegistry({ started: () => undefined, ended: () => events.emit('ended') });
  const guard = new SessionGuard({ sessions, rights, logger: silentLogger });
  context.after(() => guard.close());
  const ended: string[] = [];
  const begin: Gatehouse['begin'] = (who, info, isStubborn = false) => {
    const { end } = sessions.begin(
      { protocol: 'rtsp', kind: 'view', cameraId: 'gate', peer: '10.0.0.1:5', transport: 'tcp', ...info },
      {
        totals: () => ({ bytes: 10, dropped: 0, queuedBytes: 0 }),
        close: (reason) => {
          ended.push(`${who} ${reason}`);
          if (isStubborn) throw new Error('stuck');
          end(reason);
        },
      },
    );
  };
  rights.put('user', {
    ...{ id: 'mai', role: 'user', isDisabled: false },
    grants: [{ target: { kind: 'camera', id: 'gate' }, actions: ['view'] }],
  });
  rights.put('streamToken', {
    ...{ id: 't', userId: 'mai', cameraId: 'gate', actions: ['view'], expiresAtMs: now() + 60_000 },
  });
  rights.put('publishKey', { id: 'e', cameraId: 'gate' });
  return { rights, guard, sessions, ended, events, begin };
}

describe('the guard of sessions', () => {
  test('ends what is no longer allowed, and nothing else', (context) => {
    const { guard, rights, ended, begin } = gatehouse(context);
    begin('mai', { identity: MAI });
    begin('token', { identity: TOKEN });
    begin('encoder', { identity: ENCODER, kind: 'publish' });
    begin('everybody', { identity: EVERYBODY });
    guard.check();
    assert.deepEqual(ended, []);
    rights.put('user', { id: 'mai', role: 'user', grants: [], isDisabled: false });
    guard.check();
    assert.deepEqual(ended, ['mai permission withdrawn', 'token permission withdrawn']);
    rights.remove('publishKey', 'e');
    guard.check();
    assert.deepEqual(ended.slice(2), ['encoder permission withdrawn']);
  });

  test('looks by itself when something changes', async (context) => {
    const { guard, rights, ended, events, begin } = gatehouse(context);
    guard.start();
    begin('mai', { identity: MAI });
    const over = once(events, 'ended', { signal: AbortSignal.timeout(10_000) });
    rights.remove('user', 'mai');
    await over;
    assert.deepEqual(ended, ['mai permission withdrawn']);
  });

  test('looks by itself when only time has passed', async (context) => {
    let nowMs = 0;
    const { guard, ended, events, begin } = gatehouse(context, () => nowMs);
    guard.start();
    begin('token', { identity: TOKEN });
    const over = once(events, 'ended', { signal: AbortSignal.timeout(10_000) });
    nowMs = 60_000;
    await over;
    assert.deepEqual(ended, ['token permission withdrawn']);
  });

  test('one that cannot be ended does not keep the others, and is told again', (context) => {
    const { guard, rights, ended, begin } = gatehouse(context);
    begin('stuck', { identity: MAI }, true);
    begin('mai', { identity: MAI });
    rights.remove('user', 'mai');
    guard.check();
    guard.check();
    assert.deepEqual(ended, [
      'stuck permission withdrawn',
      'mai permission withdrawn',
      'stuck permission withdrawn',
    ]);
  });

  test('ends all of one identity, or of one person', (context) => {
    const { guard, ended, begin } = gatehouse(context);
    begin('mai', { identity: MAI });
    begin('token', { identity: TOKEN });
    begin('encoder', { identity: ENCODER, kind: 'publish' });
    assert.equal(guard.endSessionsOf('streamToken:t', 'revoked'), 1);
    assert.deepEqual(ended, ['token revoked']);
    begin('token again', { identity: TOKEN });
    assert.equal(guard.endSessionsOfUser('mai', 'logged out'), 2);
    assert.deepEqual(ended.slice(1), ['mai logged out', 'token again logged out']);
  });
});

test('the audit hears of each session that begins and ends', () => {
  const entries: AuditEntry[] = [];
  let nowMs = 1000;
  const now = (): number => nowMs;
  const sessions = new SessionRegistry(auditSessions({ record: (entry) => entries.push(entry) }, now), now);
  const totals = { bytes: 10, dropped: 0, queuedBytes: 0 };
  const peers = ['10.0.0.1:500', '[fe80::1]:500', '[fe80::1]', 'fe80::1', '10.0.0.1', '::ffff:10.0.0.1:500'];
  for (const peer of peers) {
    const { end } = sessions.begin(
      { protocol: 'srt', kind: 'publish', cameraId: 'gate', peer, transport: 'udp', identity: ENCODER },
      { totals: () => totals, close: () => undefined },
    );
    nowMs += 2500;
    end('the peer left');
  }
  assert.deepEqual(
    entries.filter((_, index) => index % 2 === 0).map(({ address }) => address),
    ['10.0.0.1', 'fe80::1', 'fe80::1', 'fe80::1', '10.0.0.1', '10.0.0.1'],
  );
  const [started, ended] = entries;
  assert.deepEqual(
    [started?.action, started?.identity, started?.cameraId],
    ['publish.started', ENCODER, 'gate'],
  );
  assert.equal(ended?.action, 'publish.ended');
  const { session, ...detail } = ended.detail ?? {};
  assert.equal(typeof session, 'string');
  assert.deepEqual(detail, { protocol: 'srt', reason: 'the peer left', seconds: 2.5, bytes: 10 });
});
