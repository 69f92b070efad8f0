import type { Config } from '@vedette/contract';
import path from 'node:path';
import type { Logger } from '../observability/logger.ts';
import { openSelfSigned } from './self-signed-certificate.ts';
import { TlsCertificate, type CertificateSource } from './tls-certificate.ts';

/** Opens a certificate as the listener begins; rejects where it cannot be used. */
export type OpenCertificate = () => Promise<CertificateSource>;

/** What the configuration says of TLS of the HTTP server; `undefined`: none. */
export function httpCertificate(
  { tls, certificate, key }: Pick<Config['http'], 'tls' | 'certificate' | 'key'>,
  { dataDir, logger }: { readonly dataDir: string; readonly logger: Logger },
): OpenCertificate | undefined {
  if (tls === 'self-signed') return async () => openSelfSigned({ folder: path.join(dataDir, 'tls'), logger });
  if (tls === 'off' || certificate === undefined || key === undefined) return undefined;
  return () => Promise.resolve().then(() => new TlsCertificate({ certificate, key }, { logger }));
}

/** What a listener beside HTTP takes for TLS: its own files, else whatever HTTP has; `undefined`: none. */
export function listenerCertificate(
  { certificate, key }: { readonly certificate?: string | undefined; readonly key?: string | undefined },
  { http, dataDir }: Pick<Config, 'http' | 'dataDir'>,
  logger: Logger,
): OpenCertificate | undefined {
  if (certificate === undefined || key === undefined) return httpCertificate(http, { dataDir, logger });
  return httpCertificate({ tls: 'files', certificate, key }, { dataDir, logger });
}
