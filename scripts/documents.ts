// Writes the documents that follow from the code, or, with --check, says which are not what it says.
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { format } from 'prettier';
import { describeConfig } from '../apps/gateway/src/config/describe-config.ts';
import { describePermissions } from '../apps/gateway/src/access/people/describe-permissions.ts';
import { describeApi } from '../apps/gateway/src/describe-api.ts';

const docs = path.resolve(import.meta.dirname, '../docs');
const options = { singleQuote: true, printWidth: 110 };

const { document, routes } = await describeApi();
const documents = [
  { name: 'openapi.json', text: JSON.stringify(document), parser: 'json' },
  { name: 'permissions.md', text: describePermissions(routes), parser: 'markdown' },
  { name: 'configuration.md', text: describeConfig(), parser: 'markdown' },
];

for (const { name, text, parser } of documents) {
  const file = path.join(docs, name);
  const wanted = await format(text, { ...options, parser });
  if (!process.argv.includes('--check')) {
    writeFileSync(file, wanted);
  } else if (readFileSync(file, 'utf8') !== wanted) {
    console.error(`docs/${name} is not what the code says; run: node scripts/documents.ts`);
    process.exitCode = 1;
  }
}
