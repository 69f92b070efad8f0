import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

export interface SelfSignedCertificate {
  readonly certFile: string;
  readonly keyFile: string;
  /** The certificate itself. */
  readonly pem: string;
}

let made: Promise<SelfSignedCertificate> | undefined;

/** A certificate for 127.0.0.1 and localhost that nobody has signed; one per test process. */
export async function selfSignedCertificate(): Promise<SelfSignedCertificate> {
  return (made ??= make());
}

async function make(): Promise<SelfSignedCertificate> {
  const folder = mkdtempSync(path.join(tmpdir(), 'vedette-certificate-'));
  const certFile = path.join(folder, 'cert.pem');
  const keyFile = path.join(folder, 'key.pem');
  await promisify(execFile)('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '30'],
    ...['-subj', '/CN=test camera', '-addext', 'subjectAltName=IP:127.0.0.1,DNS:localhost'],
    ...['-keyout', keyFile, '-out', certFile],
  ]);
  return { certFile, keyFile, pem: readFileSync(certFile, 'utf8') };
}
