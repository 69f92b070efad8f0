import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { Worker } from 'node:worker_threads';
import fc from 'fast-check';
import { Secrets, SecretsError } from './secrets.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'vedette-secrets-'));
after(() => rmSync(folder, { recursive: true, force: true }));

function newFolder(): string {
  return mkdtempSync(path.join(folder, 'd-'));
}

const secrets = new Secrets(new Uint8Array(32).fill(7));

test('what is sealed opens again, whatever it is', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 300 }), fc.string(), (text, purpose) => {
      assert.equal(secrets.open(secrets.seal(text, purpose), purpose), text);
    }),
  );
});

test('the same text sealed twice gives two words, each of letters that need no quoting', () => {
  const [one, two] = [secrets.seal('hunter2', 'p'), secrets.seal('hunter2', 'p')];
  assert.notEqual(one, two);
  assert.match(one, /^v1\.[\w-]+$/);
});

const sealed = secrets.seal('rtsp://user:hunter2@camera/', 'camera.config');
for (const { name, open } of [
  { name: 'another purpose', open: () => secrets.open(sealed, 'totp') },
  { name: 'another key', open: () => new Secrets(new Uint8Array(32)).open(sealed, 'camera.config') },
  { name: 'cut off', open: () => secrets.open(sealed.slice(0, -2), 'camera.config') },
  { name: 'of a later version', open: () => secrets.open(`v2${sealed.slice(2)}`, 'camera.config') },
  { name: 'empty', open: () => secrets.open('', 'camera.config') },
]) {
  test(`what was sealed does not open: ${name}`, () => {
    assert.throws(open, (error) => {
      assert.ok(error instanceof SecretsError);
      assert.equal(error.code, 'ERR_SECRET_KEY_WRONG');
      assert.ok(!error.message.includes('hunter2') && !error.message.includes(sealed));
      return true;
    });
  });
}

test('any change of any character is noticed; any text opens or throws SecretsError', () => {
  const text = secrets.seal('hunter2', 'p');
  fc.assert(
    fc.property(fc.nat(text.length - 1), fc.constantFrom(...Array.from('abcABC019_-.')), (at, letter) => {
      const changed = text.slice(0, at) + letter + text.slice(at + 1);
      // The last letter of base64 has bits that mean nothing.
      if (Buffer.from(changed.slice(3), 'base64url').equals(Buffer.from(text.slice(3), 'base64url'))) return;
      assert.throws(() => secrets.open(changed, 'p'), SecretsError);
    }),
  );
  fc.assert(
    fc.property(fc.string(), (garbage) => {
      assert.throws(() => secrets.open(garbage, 'p'), SecretsError);
    }),
  );
});

test('keys: the same for a purpose, nothing alike for two', () => {
  assert.deepEqual(secrets.key('jwt'), new Secrets(new Uint8Array(32).fill(7)).key('jwt'));
  assert.notDeepEqual(secrets.key('jwt'), secrets.key('audit'));
  assert.equal(secrets.key('jwt').length, 32);
  secrets.key('jwt').fill(0);
  assert.notDeepEqual(secrets.key('jwt'), new Uint8Array(32));
});

test('the first start makes a key file for its owner only; the next reads it', () => {
  const dataDir = path.join(newFolder(), 'not', 'there', 'yet');
  const first = Secrets.open(dataDir);
  const file = path.join(dataDir, 'secret.key');
  assert.equal(statSync(file).mode & 0o777, 0o600);
  assert.deepEqual(readdirSync(dataDir), ['secret.key'], 'nothing temporary stays');
  assert.equal(Secrets.open(dataDir).open(first.seal('x', 'p'), 'p'), 'x');
});

test('starts at the same time agree on one key', async () => {
  const dataDir = newFolder();
  const source = `
    import { parentPort, workerData } from 'node:worker_threads';
    const { Secrets } = await import(workerData.module);
    parentPort.postMessage(Secrets.open(workerData.dataDir).key('p'));`;
  const keys = await Promise.all(
    Array.from({ length: 4 }, () => {
      const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(source)}`), {
        workerData: { dataDir, module: new URL('./secrets.ts', import.meta.url).href },
      });
      return new Promise<Uint8Array>((resolve, reject) => {
        worker.once('message', resolve);
        worker.once('error', reject);
      });
    }),
  );
  for (const key of keys) assert.deepEqual(key, keys[0]);
});

test('a key file of the administrator: base64, base64url or hexadecimal, never made', () => {
  const file = path.join(newFolder(), 'key');
  const bytes = Buffer.alloc(32, 0xfb);
  for (const text of [bytes.toString('base64'), `${bytes.toString('base64url')}\n`, bytes.toString('hex')]) {
    writeFileSync(file, text);
    assert.deepEqual(Secrets.open(folder, file).key('p'), new Secrets(bytes).key('p'));
  }
  const missing = path.join(newFolder(), 'none');
  assert.throws(() => Secrets.open(folder, missing), {
    code: 'ERR_SECRET_KEY_FILE',
    message: /is not there/,
  });
  assert.throws(() => readFileSync(missing), { code: 'ENOENT' });
});

for (const { name, text } of [
  { name: 'empty', text: '' },
  { name: 'too short', text: Buffer.alloc(16).toString('base64') },
  { name: 'a password', text: 'correct horse battery staple' },
]) {
  test(`a key file that is no key stops the start: ${name}`, () => {
    const dataDir = newFolder();
    writeFileSync(path.join(dataDir, 'secret.key'), text);
    assert.throws(
      () => Secrets.open(dataDir),
      (error) => {
        assert.ok(error instanceof SecretsError);
        assert.equal(error.code, 'ERR_SECRET_KEY_FILE');
        assert.ok(text === '' || !error.message.includes(text));
        return true;
      },
    );
    assert.equal(readFileSync(path.join(dataDir, 'secret.key'), 'utf8'), text, 'it is left as it was');
  });
}

test('a folder that cannot be written stops the start with its name', () => {
  const file = path.join(newFolder(), 'file');
  writeFileSync(file, '');
  chmodSync(file, 0o400);
  assert.throws(() => Secrets.open(path.join(file, 'below')), {
    code: 'ERR_SECRET_KEY_FILE',
    message: /secret\.key/,
  });
});
