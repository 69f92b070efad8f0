import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test, type TestContext } from 'node:test';
import { connect } from 'node:tls';
import { promisify } from 'node:util';
import { until } from '../../../../e2e/support/until.ts';
import { silentLogger, type Logger } from '../observability/logger.ts';
import { TcpListeners } from '../servers/tcp-listeners.ts';
import { TlsCertificate, type PemFiles } from './tls-certificate.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'vedette-tls-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const made = { first: '', second: '' };
before(async () => {
  made.first = await makeCertificate('first');
  made.second = await makeCertificate('second');
});

/** A certificate with this name. @returns the folder of its `cert.pem` and `key.pem`. */
async function makeCertificate(name: string): Promise<string> {
  const place = path.join(folder, name);
  mkdirSync(place);
  await promisify(execFile)('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '30'],
    ...['-subj', `/CN=${name}`, '-keyout', path.join(place, 'key.pem'), '-out', path.join(place, 'cert.pem')],
  ]);
  return place;
}

/** A folder of its own with a copy of the first certificate. */
function installed(t: TestContext): PemFiles {
  const place = mkdtempSync(path.join(folder, 'installed-'));
  const files = { certificate: path.join(place, 'cert.pem'), key: path.join(place, 'key.pem') };
  copyFileSync(path.join(made.first, 'cert.pem'), files.certificate);
  copyFileSync(path.join(made.first, 'key.pem'), files.key);
  t.after(() => rmSync(place, { recursive: true }));
  return files;
}

function testLogger(): { readonly logger: Logger; readonly lines: string[] } {
  const lines: string[] = [];
  const line =
    (level: string) =>
    (_details: object, message: string): void =>
      void lines.push(`${level}: ${message}`);
  const logger: Logger = {
    debug: () => undefined,
    info: line('info'),
    warn: line('warn'),
    error: line('error'),
    child: () => logger,
  };
  return { logger, lines };
}

/** A TLS listener with a certificate; how it is called by who connects. */
async function listen(t: TestContext, certificate: TlsCertificate) {
  const listeners = new TcpListeners({
    name: 'test',
    host: '127.0.0.1',
    port: 0,
    tls: { port: 0, certificate: () => Promise.resolve(certificate) },
    logger: silentLogger,
    limits: { connections: 10, connectionsPerAddress: 10 },
    handshakeMs: 5000,
    onConnection: (socket) => socket.on('error', () => undefined),
  });
  const { tlsPort = 0 } = await listeners.listen();
  const close = (): Promise<void> => listeners.close(() => undefined);
  t.after(close);
  const nameShown = async (): Promise<string> => {
    const socket = connect({ port: tlsPort, host: '127.0.0.1', rejectUnauthorized: false });
    await once(socket, 'secureConnect');
    const { CN } = socket.getPeerCertificate().subject;
    socket.destroy();
    return String(CN);
  };
  return { close, nameShown };
}

const QUICK = { settleMs: 20, lookMs: 3_600_000 };

test('a renewed certificate is shown to whom connects next; a bad one is not, and said once', async (t) => {
  const files = installed(t);
  const { logger, lines } = testLogger();
  const certificate = new TlsCertificate(files, { logger, ...QUICK });
  const { nameShown } = await listen(t, certificate);
  assert.equal(await nameShown(), 'first');

  writeFileSync(files.certificate, 'rubbish');
  await until(() => lines.length === 1);
  assert.match(lines[0] ?? '', /^error: the new certificate cannot be used/);
  assert.equal(await nameShown(), 'first');

  // The certificate alone is another's: not taken before its key is there.
  copyFileSync(path.join(made.second, 'cert.pem'), files.certificate);
  await until(() => lines.length === 2);
  assert.match(lines[1] ?? '', /^error/);
  assert.equal(await nameShown(), 'first');

  copyFileSync(path.join(made.second, 'key.pem'), `${files.key}.new`);
  renameSync(`${files.key}.new`, files.key);
  await until(() => lines.length === 3);
  assert.equal(lines[2], 'info: certificate renewed');
  assert.equal(await nameShown(), 'second');
});

test('a link that is turned to another folder, as orchestrators do', async (t) => {
  const place = mkdtempSync(path.join(folder, 'linked-'));
  symlinkSync(made.first, path.join(place, '..data'));
  for (const name of ['cert.pem', 'key.pem']) symlinkSync(path.join('..data', name), path.join(place, name));
  const { logger, lines } = testLogger();
  const files = { certificate: path.join(place, 'cert.pem'), key: path.join(place, 'key.pem') };
  const certificate = new TlsCertificate(files, { logger, ...QUICK });
  const { nameShown } = await listen(t, certificate);
  symlinkSync(made.second, path.join(place, '..new'));
  renameSync(path.join(place, '..new'), path.join(place, '..data'));
  await until(() => lines.length === 1);
  assert.equal(await nameShown(), 'second');
});

test('where nothing tells of changes, the files are looked at now and then', async (t) => {
  const files = installed(t);
  const { logger } = testLogger();
  const certificate = new TlsCertificate(files, { logger, settleMs: 3_600_000, lookMs: 20 });
  t.after(() => certificate.close());
  const renewed = new Promise((resolve) => certificate.onChange(resolve));
  for (const name of ['cert.pem', 'key.pem']) {
    copyFileSync(path.join(made.second, name), path.join(path.dirname(files.key), name));
  }
  await renewed;
});

test('the watch ends with the listeners', async (t) => {
  const files = installed(t);
  const { logger, lines } = testLogger();
  const certificate = new TlsCertificate(files, { logger, ...QUICK });
  const { close } = await listen(t, certificate);
  const other = new TlsCertificate(files, { logger: testLogger().logger, ...QUICK });
  t.after(() => other.close());
  const seen = new Promise((resolve) => other.onChange(resolve));
  await close();
  for (const name of ['cert.pem', 'key.pem']) {
    copyFileSync(path.join(made.second, name), path.join(path.dirname(files.key), name));
  }
  await seen;
  assert.deepEqual(lines, []);
});

for (const { name, spoil, says } of [
  {
    name: 'no file',
    spoil: ({ key }: PemFiles): void => rmSync(key),
    says: /cannot be used: ENOENT/,
  },
  {
    name: "another's key",
    spoil: ({ key }: PemFiles): void => copyFileSync(path.join(made.second, 'key.pem'), key),
    says: /the key belongs to another certificate/,
  },
  {
    name: 'no certificate',
    spoil: ({ certificate }: PemFiles): void => writeFileSync(certificate, 'rubbish'),
    says: /cert\.pem with the key .* cannot be used/,
  },
]) {
  test(`refused at the start: ${name}`, (t) => {
    const files = installed(t);
    spoil(files);
    assert.throws(() => new TlsCertificate(files, { logger: testLogger().logger }), says);
  });
}
