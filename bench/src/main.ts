// npm run bench            every measurement, one after the other
// npm run bench NAME       one of them
// npm run bench NAME PART  only a part of it, where it has parts: latency ages
import { readdirSync } from 'node:fs';
import { availableParallelism, cpus, release } from 'node:os';
import path from 'node:path';

/** A measurement: a file of this folder that exports `run`, which prints its table and its ratio. */
interface Measurement {
  /** What it can be limited to. */
  readonly parts?: readonly string[];
  run(part?: string): Promise<void>;
}

const NOT_MEASUREMENTS: ReadonlySet<string> = new Set(['main']);

const names = readdirSync(import.meta.dirname)
  .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
  .map((file) => path.basename(file, '.ts'))
  .filter((name) => !NOT_MEASUREMENTS.has(name));

interface Wish {
  readonly name: string;
  readonly measurement: Measurement;
  readonly part?: string;
}

function refuse(word: string): never {
  console.error(`there is no measurement ${word}; there are: ${names.join(', ')}`);
  process.exit(1);
}

const wishes: Wish[] = [];
const words = process.argv.slice(2);
for (const word of words.length > 0 ? words : names) {
  const last = wishes.at(-1);
  if (names.includes(word)) {
    wishes.push({ name: word, measurement: (await import(`./${word}.ts`)) as Measurement });
  } else if (last?.part === undefined && last?.measurement.parts?.includes(word) === true) {
    wishes.splice(-1, 1, { ...last, part: word });
  } else refuse(word);
}

console.log(
  `machine: ${availableParallelism()} × ${cpus()[0]?.model ?? 'unknown'}, Linux ${release()}, Node ${process.version}`,
);
for (const { name, measurement, part } of wishes) {
  console.log(`\n${name}${part === undefined ? '' : `, ${part}`}`);
  await measurement.run(part);
}
