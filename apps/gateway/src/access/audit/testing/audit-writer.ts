import assert from 'node:assert/strict';
import { silentLogger } from '../../../observability/logger.ts';
import type { KilledWriter } from '../../../store/testing/kill-rounds.ts';
import { AuditLog } from '../audit-log.ts';
import { ChainSeal } from '../chain-seal.ts';
import { verifyChain } from '../verify-chain.ts';
import { entryOf } from './audit-bed.ts';

/** Of the process that is killed and of the one that looks afterwards. */
const seal = new ChainSeal(new Uint8Array(32).fill(7));

/** Entries of the audit log: one is acknowledged when `flush` returns. */
export const writer: KilledWriter = {
  start: (store) => {
    const audit = new AuditLog({ store, seal, logger: silentLogger });
    return Promise.resolve(async (n: number) => {
      audit.record(entryOf({ target: String(n) }));
      await audit.flush();
      return String(n);
    });
  },
  async verify(store, acknowledged) {
    const found = await verifyChain(store.db, seal);
    assert.equal(found.state, 'intact', JSON.stringify(found));
    const rows = await store.db.selectFrom('audit').select('target').execute();
    const targets = new Set(rows.map(({ target }) => target));
    for (const word of acknowledged) assert.ok(targets.has(word), `${word} was acknowledged and is lost`);
    assert.equal(targets.size, rows.length, 'none is there twice');
  },
};
