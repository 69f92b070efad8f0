import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { AuditEntry } from './audit-entry.ts';
import type { Credentials, Knock } from './door.ts';
import { NOBODY, type Identity } from './identity.ts';
import { MediaDoor } from './media-door.ts';
import { RefusalLog } from './refusal-log.ts';
import { Rights } from './rights.ts';

const MAI: Identity = { kind: 'user', id: 'mai', name: 'mai' };
const GONE: Identity = { kind: 'user', id: 'gone', name: 'gone' };
const WRONG = {
  ok: false,
  reason: 'unauthenticated',
  code: 'ERR_LOGIN_FAILED',
  message: 'Name or password is wrong.',
} as const;
const shown = (user: string): Credentials => ({ kind: 'password', user, password: 'secret word' });
const knock = (more: Partial<Knock> = {}): Knock => ({
  credentials: shown('mai'),
  peer: { address: '10.0.0.1', userAgent: 'ffplay' },
  action: 'view',
  cameraId: 'gate',
  protocol: 'rtsp',
  ...more,
});

interface Trouble {
  readonly wait?: (key: string) => number;
  readonly isBroken?: boolean;
}

function doorway({ wait = () => 0, isBroken = false }: Trouble = {}): {
  door: MediaDoor;
  entries: AuditEntry[];
  taken: string[];
} {
  const rights = new Rights();
  rights.put('user', {
    ...{ id: 'mai', role: 'user', isDisabled: false },
    grants: [{ target: { kind: 'camera', id: 'gate' }, actions: ['view'] }],
  });
  const entries: AuditEntry[] = [];
  const taken: string[] = [];
  const people: Readonly<Record<string, Identity>> = { mai: MAI, gone: GONE };
  const door = new MediaDoor({
    rights,
    audit: { record: (entry) => entries.push(entry) },
    limits: {
      take: (kind, key) => {
        taken.push(`${kind} ${key}`);
        return wait(key);
      },
    },
    identifier: {
      identify: async (credentials) => {
        await Promise.resolve();
        if (isBroken) throw new Error('broken');
        if (credentials.kind === 'none') return { ok: true, identity: NOBODY };
        const identity = credentials.kind === 'password' ? people[credentials.user] : undefined;
        return identity === undefined ? WRONG : { ok: true, identity };
      },
    },
  });
  return { door, entries, taken };
}

describe('the door of media', () => {
  test('lets in who may, and counts him and his address', async () => {
    const { door, entries, taken } = doorway();
    assert.deepEqual(await door.knock(knock()), { ok: true, identity: MAI });
    assert.deepEqual(entries, []);
    assert.deepEqual(taken, ['sessions user:mai', 'sessions 10.0.0.1']);
  });

  for (const [what, more, reason, code] of [
    ['who shows nothing', { credentials: { kind: 'none' } }, 'unauthenticated', 'ERR_UNAUTHENTICATED'],
    ['who is nobody', { credentials: shown('ghost') }, 'unauthenticated', 'ERR_LOGIN_FAILED'],
    ['who is no more', { credentials: shown('gone') }, 'unauthenticated', 'ERR_UNAUTHENTICATED'],
    ['what is not his, as if it were not there', { cameraId: 'yard' }, 'forbidden', 'ERR_CAMERA_NOT_FOUND'],
    ['what he may only look at', { action: 'publish' }, 'forbidden', 'ERR_FORBIDDEN'],
  ] as const satisfies [string, Partial<Knock>, string, string][]) {
    test(`refuses ${what}`, async () => {
      const { door, taken } = doorway();
      const answer = await door.knock(knock(more));
      assert.deepEqual(answer.ok ? answer : [answer.reason, answer.code], [reason, code]);
      assert.deepEqual(taken, [], 'it is no session');
    });
  }

  test('refuses who comes too often, by name or by address', async () => {
    for (const busy of ['user:mai', '10.0.0.1']) {
      const { door } = doorway({ wait: (key) => (key === busy ? 1500 : 0) });
      const answer = await door.knock(knock());
      assert.ok(!answer.ok);
      assert.deepEqual(
        [answer.reason, answer.code, answer.retryAfterMs],
        ['limited', 'ERR_RATE_LIMITED', 1500],
      );
    }
  });

  test('a single picture is no session', async () => {
    const { door, taken } = doorway({ wait: () => 1000 });
    assert.equal((await door.knock(knock({ protocol: 'snapshot' }))).ok, true);
    assert.deepEqual(taken, []);
  });

  test('what breaks opens nothing', async () => {
    const { door, entries } = doorway({ isBroken: true });
    const answer = await door.knock(knock());
    assert.ok(!answer.ok);
    assert.equal(answer.reason, 'unavailable');
    assert.equal(entries[0]?.result, 'failed');
  });

  test('a refusal is written down, without what was shown; asking first is none', async () => {
    const { door, entries } = doorway();
    await door.knock(knock({ credentials: { kind: 'none' } }));
    assert.equal(entries.length, 0);
    await door.knock(knock({ credentials: shown('ghost') }));
    await door.knock(knock({ cameraId: 'yard' }));
    assert.deepEqual(
      entries.map(({ identity, action, cameraId, target, result, detail }) => ({
        ...{ identity: identity.kind, action, cameraId, target, result, detail },
      })),
      [
        {
          ...{
            identity: 'nobody',
            action: 'view.refused',
            cameraId: 'gate',
            target: 'ghost',
            result: 'refused',
          },
          detail: { code: 'ERR_LOGIN_FAILED', protocol: 'rtsp' },
        },
        {
          ...{ identity: 'user', action: 'view.refused', cameraId: 'yard', target: 'mai', result: 'refused' },
          detail: { code: 'ERR_CAMERA_NOT_FOUND', protocol: 'rtsp' },
        },
      ],
    );
    assert.ok(!JSON.stringify(entries).includes('secret word'));
  });
});

describe('many refusals', () => {
  const logOf = (): { log: RefusalLog; entries: AuditEntry[] } => {
    const entries: AuditEntry[] = [];
    return { log: new RefusalLog({ audit: { record: (entry) => entries.push(entry) } }), entries };
  };

  test('the same are counted together', () => {
    const { log, entries } = logOf();
    for (let count = 0; count < 1000; count += 1) log.record(knock(), WRONG);
    assert.equal(entries.length, 1);
    log.flush();
    assert.deepEqual(
      entries.map(({ detail }) => detail?.['repeated']),
      [undefined, 999],
    );
    log.flush();
    assert.equal(entries.length, 2);
    log.record(knock(), WRONG);
    assert.equal(entries.length, 3, 'the next window begins anew');
    log.flush();
  });

  test('one address that tries everything fills nothing', () => {
    const { log, entries } = logOf();
    for (let count = 0; count < 1000; count += 1) log.record(knock({ cameraId: `cam-${count}` }), WRONG);
    assert.equal(entries.length, 20);
    log.record(knock({ peer: { address: '10.0.0.2' } }), WRONG);
    assert.equal(entries.length, 21, 'another address has its own');
    log.flush();
    assert.equal(entries.at(-1)?.detail?.['repeated'], 980);
  });

  test('a million addresses fill nothing', () => {
    const { log, entries } = logOf();
    for (let count = 0; count < 30_000; count += 1) {
      log.record(knock({ peer: { address: `10.${count >> 8}.${count & 255}.1` } }), WRONG);
    }
    assert.equal(entries.length, 10_001);
    log.flush();
    assert.equal(entries.at(-1)?.detail?.['repeated'], 19_999);
  });
});
