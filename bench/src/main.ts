// npm run bench            every measurement, one after the other
// npm run bench NAME       one of them
import { readdirSync } from 'node:fs';
import { availableParallelism, cpus, release } from 'node:os';
import path from 'node:path';

/** A measurement: a file of this folder that exports `run`, which prints its table and its ratio. */
interface Measurement {
  run(): Promise<void>;
}

const NOT_MEASUREMENTS: ReadonlySet<string> = new Set(['main']);

const names = readdirSync(import.meta.dirname)
  .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
  .map((file) => path.basename(file, '.ts'))
  .filter((name) => !NOT_MEASUREMENTS.has(name));

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !names.includes(name));
if (unknown.length > 0) {
  console.error(`there is no measurement ${unknown.join(', ')}; there are: ${names.join(', ')}`);
  process.exit(1);
}

console.log(
  `machine: ${availableParallelism()} × ${cpus()[0]?.model ?? 'unknown'}, Linux ${release()}, Node ${process.version}`,
);
for (const name of wanted.length > 0 ? wanted : names) {
  console.log(`\n${name}`);
  const measurement = (await import(`./${name}.ts`)) as Measurement;
  await measurement.run();
}
