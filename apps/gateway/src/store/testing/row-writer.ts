import assert from 'node:assert/strict';
import { sampleRows } from './sample-rows.ts';
import type { KilledWriter } from './kill-rounds.ts';

/** Rows alone and pairs of rows in a transaction, an audit-like one among them. */
export const writer: KilledWriter = {
  start: (store) =>
    Promise.resolve(async (n: number) => {
      const setting = { key: String(n), value: 'x'.repeat(n % 500) };
      if (n % 2 === 0) await store.db.insertInto('settings').values(setting).execute();
      else
        await store.db.transaction().execute(async (transaction) => {
          await transaction.insertInto('settings').values(setting).execute();
          await transaction
            .insertInto('audit')
            .values({ ...sampleRows.audit, seq: n })
            .execute();
        });
      return String(n);
    }),
  async verify(store, acknowledged) {
    const settings = await store.db.selectFrom('settings').select(['key', 'value']).execute();
    const audit = await store.db.selectFrom('audit').select('seq').execute();
    const lengths = new Map(settings.map(({ key, value }) => [key, value.length]));
    const entries = new Set(audit.map(({ seq }) => seq));
    for (const word of acknowledged)
      assert.equal(lengths.get(word), Number(word) % 500, `${word} was acknowledged and is lost`);
    for (const key of lengths.keys())
      assert.equal(entries.has(Number(key)), Number(key) % 2 === 1, `${key}: half of a transaction`);
    assert.equal(entries.size, settings.filter(({ key }) => Number(key) % 2 === 1).length);
  },
};
