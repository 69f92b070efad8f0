import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { startBothDatabases } from './testing/both-databases.ts';
import { runKillRounds } from './testing/kill-rounds.ts';

const databases = await startBothDatabases();
after(() => databases.close());

const ROUNDS = 20;
const WRITES = 1000;

// Both at once: a round is mostly waiting, for starts of processes and for disks.
describe('killed', { concurrency: true }, () => {
  for (const database of databases.all) {
    test(`${database.name}: killed during a thousand writes, ${ROUNDS} times, it has all that it acknowledged`, async () => {
      const { postgres } = databases;
      const { acknowledged } = await runKillRounds({
        place: await database.newPlace(),
        writer: new URL('./testing/row-writer.ts', import.meta.url),
        rounds: ROUNDS,
        writes: WRITES,
        ...(database.name === 'PostgreSQL' && {
          server: {
            isInRound: (round) => round % 4 === 3,
            kill: () => postgres.stop('immediate'),
            start: () => postgres.start(),
          },
        }),
      });
      assert.ok(acknowledged > ROUNDS);
    });
  }
});
