import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type BothDatabases, startBothDatabases } from '../../store/testing/both-databases.ts';
import { Passwords } from '../login/passwords.ts';
import { PublishKeys } from './publish-keys.ts';
import { ShareLinks } from './share-links.ts';
import { asker, MAI, MINUTE_MS, TokenBed } from './testing/token-bed.ts';

let databases: BothDatabases;
before(async () => {
  databases = await startBothDatabases();
});
after(async () => databases.close());

for (const index of [0, 1]) {
  describe(['SQLite', 'PostgreSQL'][index] ?? '', () => {
    let bed: TokenBed;
    before(async () => {
      bed = await TokenBed.open((await databases.all[index]?.newPlace())?.databaseUrl);
      assert.equal(bed.real.health.kind, index === 0 ? 'sqlite' : 'postgres');
    });
    after(async () => bed.close());

    test('stream tokens are what they were after a start anew, and go when they no longer count', async () => {
      const tokens = await bed.tokens();
      const wish = { cameraId: 'gate', actions: ['view', 'ptz'], address: '192.0.2.9' } as const;
      const kept = await tokens.create(asker(MAI), wish);
      const revoked = await tokens.create(asker(MAI), wish);
      assert.ok(kept.ok && revoked.ok);
      bed.nowMs += MINUTE_MS;
      const renewed = await tokens.refresh(asker(MAI), kept.record.id);
      assert.ok(renewed.ok);
      await tokens.revoke(asker(MAI), revoked.record.id);
      const anew = await bed.tokens();
      assert.deepEqual(anew.list(), tokens.list());
      const peer = { address: '192.0.2.9' };
      for (const { token } of [kept, renewed]) assert.equal(anew.check(token, peer)?.id, kept.record.id);
      assert.equal(anew.check(revoked.token, peer), undefined);
      assert.equal(anew.faultOf(revoked.token), 'revoked');
      bed.nowMs += 1441 * MINUTE_MS;
      await anew.clean();
      assert.deepEqual(await bed.real.db.selectFrom('streamTokens').selectAll().execute(), []);
    });

    test('share links and publish keys are what they were after a start anew', async () => {
      const passwords = new Passwords({ cost: { memoryCost: 64, timeCost: 1, parallelism: 1 } });
      const links = bed.closing(await ShareLinks.open({ ...bed.shared, passwords }));
      const keys = bed.closing(await PublishKeys.open(bed.shared));
      const wish = { cameraId: 'gate', name: 'neighbours', actions: ['view'], minutes: 60 } as const;
      const link = await links.create(asker(MAI), { ...wish, password: 'open sesame' });
      const key = await keys.create(asker(MAI), 'gate', 'roof');
      assert.ok(link.ok && key.ok);
      for (let view = 0; view < 3; view += 1)
        assert.ok((await links.openLink(link.secret, 'open sesame', { address: '192.0.2.9' })).ok);
      assert.notEqual(keys.use(key.key), null);
      await links.close();
      await keys.close();
      const linksAnew = bed.closing(await ShareLinks.open({ ...bed.shared, passwords }));
      const keysAnew = bed.closing(await PublishKeys.open(bed.shared));
      assert.deepEqual(linksAnew.list(), links.list());
      assert.equal(linksAnew.list()[0]?.views, 3);
      assert.deepEqual(keysAnew.listOf('gate'), keys.listOf('gate'));
    });
  });
}
