// The thread in which SQLite runs: neither a query nor a disk that takes its time holds up a picture.
import { parentPort, workerData } from 'node:worker_threads';
import { openDatabase, StoreRefused } from './sqlite-database.ts';
import { BatchRunner } from './batch-runner.ts';
import type { FromThread, ThreadData, ToThread } from './statement.ts';

function say(message: FromThread): void {
  parentPort?.postMessage(message);
}

try {
  const { file } = workerData as ThreadData;
  const { database, close } = openDatabase(file);
  const runner = new BatchRunner(database);
  parentPort?.on('message', (message: ToThread) => {
    if (message.type === 'run') {
      say({ type: 'results', results: runner.run(message.statements) });
      return;
    }
    close();
    parentPort?.close();
  });
  say({ type: 'opened' });
} catch (error) {
  if (!(error instanceof StoreRefused)) throw error;
  say({ type: 'refused', code: error.code, message: error.message });
  parentPort?.close();
}
