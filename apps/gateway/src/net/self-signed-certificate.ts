import { X509Certificate } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { hostname, networkInterfaces } from 'node:os';
import path from 'node:path';
import type { Logger } from '../observability/logger.ts';
import { TlsCertificate, type CertificateSource, type PemFiles, type PemPair } from './tls-certificate.ts';

export interface SelfSignedOptions {
  /** Where certificate and key are kept; made where it is missing. */
  readonly folder: string;
  readonly logger: Logger;
  readonly now?: () => number;
  /** How often it is looked whether it has to be renewed, ms. */
  readonly checkMs?: number;
}

const DAY_MS = 86_400_000;
/** Apple's devices trust nothing that lasts longer than 398 days. */
const LIFETIME_MS = 397 * DAY_MS;
const RENEW_BEFORE_MS = 30 * DAY_MS;
/** Clocks of players may be behind. */
const BACKDATE_MS = DAY_MS;
const MAX_NAMES = 100;

/**
 * A certificate that this machine makes for itself, so that there is TLS from the first start on: nobody vouches for
 * it, browsers warn once. It is kept, and stays the same until a month before its end, when another takes its place
 * without a restart.
 *
 * @throws {Error} the folder cannot be written to.
 */
export async function openSelfSigned(options: SelfSignedOptions): Promise<CertificateSource> {
  const { folder, logger, now = Date.now, checkMs = DAY_MS } = options;
  const files = { certificate: path.join(folder, 'certificate.pem'), key: path.join(folder, 'key.pem') };
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const renewWhereDue = async (): Promise<void> => {
    if (isGood(files, now())) return;
    const pair = await makeSelfSigned(localNames(), now());
    write(files, pair);
    logger.info(
      { certificate: files.certificate, fingerprint: fingerprint(pair) },
      'made a certificate for this machine',
    );
  };
  await renewWhereDue();
  const source = new TlsCertificate(files, { logger });
  const timer = setInterval(() => {
    renewWhereDue().catch((error: unknown) =>
      logger.error({ err: error }, 'the certificate could not be renewed'),
    );
  }, checkMs).unref();
  return {
    get current() {
      return source.current;
    },
    onChange: (listener) => source.onChange(listener),
    close: () => {
      clearInterval(timer);
      source.close();
    },
  };
}

/** ECDSA over P-256 (RFC 5480), for a server with these names. */
export async function makeSelfSigned(names: readonly string[], nowMs: number): Promise<PemPair> {
  // Here, because few need it: it brings a library of its own for injecting dependencies, which alters `Reflect`.
  await import('reflect-metadata');
  const x509 = await import('@peculiar/x509');
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const keys = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: [{ CN: ['Vedette'] }],
    notBefore: new Date(nowMs - BACKDATE_MS),
    notAfter: new Date(nowMs + LIFETIME_MS - BACKDATE_MS),
    keys,
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension(names.slice(0, MAX_NAMES).map(generalName)),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  const key = x509.PemConverter.encode(
    await crypto.subtle.exportKey('pkcs8', keys.privateKey),
    'PRIVATE KEY',
  );
  return { cert: Buffer.from(`${certificate.toString('pem')}\n`), key: Buffer.from(`${key}\n`) };
}

/** By what others on the network address this machine. */
export function localNames(): string[] {
  const addresses = Object.values(networkInterfaces())
    .flatMap((list) => list ?? [])
    // Link-local ones come with a zone, which names in certificates have not.
    .filter(({ address }) => !address.toLowerCase().startsWith('fe80:'))
    .map(({ address }) => address);
  const host = hostname().toLowerCase();
  const hosts = /^[a-z0-9.-]{1,253}$/.test(host) ? [host, `${host}.local`] : [];
  return [...new Set(['localhost', ...hosts, '127.0.0.1', '::1', ...addresses])];
}

function generalName(name: string): { type: 'ip' | 'dns'; value: string } {
  return { type: /^[\d.]+$|:/.test(name) ? 'ip' : 'dns', value: name };
}

/** Whether what is kept can be used, and will be for a while. */
function isGood({ certificate, key }: PemFiles, nowMs: number): boolean {
  try {
    const kept = new X509Certificate(readFileSync(certificate));
    readFileSync(key);
    return kept.validFromDate.getTime() <= nowMs && kept.validToDate.getTime() - nowMs > RENEW_BEFORE_MS;
  } catch {
    return false;
  }
}

/** Whole or not at all. */
function write({ certificate, key }: PemFiles, pair: PemPair): void {
  for (const [file, bytes] of [
    [key, pair.key],
    [certificate, pair.cert],
  ] as const) {
    writeFileSync(`${file}.new`, bytes, { mode: 0o600 });
    renameSync(`${file}.new`, file);
  }
}

function fingerprint({ cert }: PemPair): string {
  return new X509Certificate(cert).fingerprint256;
}
