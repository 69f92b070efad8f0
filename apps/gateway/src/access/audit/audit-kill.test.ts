import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { startBothDatabases } from '../../store/testing/both-databases.ts';
import { runKillRounds } from '../../store/testing/kill-rounds.ts';

const databases = await startBothDatabases();
after(() => databases.close());

const ROUNDS = 20;
const WRITES = 1000;

for (const database of databases.all) {
  test(`${database.name}: killed during a thousand entries, ${ROUNDS} times, the chain verifies and nothing acknowledged is lost`, async () => {
    const { postgres } = databases;
    const { acknowledged } = await runKillRounds({
      place: await database.newPlace(),
      writer: new URL('./testing/audit-writer.ts', import.meta.url),
      rounds: ROUNDS,
      writes: WRITES,
      ...(database.name === 'PostgreSQL' && {
        server: {
          isInRound: (round) => round % 5 === 4,
          kill: () => postgres.stop('immediate'),
          start: () => postgres.start(),
        },
      }),
    });
    assert.ok(acknowledged > ROUNDS);
  });
}
