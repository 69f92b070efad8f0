import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync, watch, type FSWatcher } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { createSecureContext } from 'node:tls';
import type { Logger } from '../observability/logger.ts';

/** A certificate chain and its private key, in PEM. */
export interface PemPair {
  readonly cert: Buffer;
  readonly key: Buffer;
}

/** Where they are. */
export interface PemFiles {
  readonly certificate: string;
  readonly key: string;
}

/** What a TLS listener shows, and goes on to show when it is renewed. */
export interface CertificateSource {
  readonly current: PemPair;
  /** Called with each new pair, after it was found good. @returns the function that ends this. */
  onChange(listener: (pair: PemPair) => void): () => void;
  /** Watches no longer. Safe to call twice. */
  close(): void;
}

export interface TlsCertificateOptions {
  readonly logger: Logger;
  /** Files are written in several steps, and the certificate before the key: waits for them to end. */
  readonly settleMs?: number;
  /** File systems of a network tell of no changes: the files are also read this often. */
  readonly lookMs?: number;
}

const SETTLE_MS = 500;
const LOOK_MS = 60_000;

/**
 * A certificate in files, read again when they change. One that cannot be used leaves the one before in place, with a
 * line in the log.
 */
export class TlsCertificate implements CertificateSource {
  readonly #files: PemFiles;
  readonly #options: TlsCertificateOptions;
  readonly #listeners = new Set<(pair: PemPair) => void>();
  readonly #watchers: FSWatcher[] = [];
  readonly #lookTimer: NodeJS.Timeout;
  #settleTimer: NodeJS.Timeout | undefined;
  #current: PemPair;
  /** What was found and could not be used: said once. */
  #rejected: PemPair | undefined;
  #isClosed = false;

  /** @throws {Error} the files cannot be read, or are no certificate with its key; it says which and why. */
  constructor(files: PemFiles, options: TlsCertificateOptions) {
    this.#files = files;
    this.#options = options;
    this.#current = loadPair(files);
    for (const folder of new Set([files.certificate, files.key].map((file) => path.dirname(file)))) {
      this.#watch(folder);
    }
    this.#lookTimer = setInterval(() => void this.#look(), options.lookMs ?? LOOK_MS).unref();
  }

  get current(): PemPair {
    return this.#current;
  }

  onChange(listener: (pair: PemPair) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#settleTimer);
    clearInterval(this.#lookTimer);
    this.#listeners.clear();
    for (const watcher of this.#watchers.splice(0)) watcher.close();
  }

  /** The folder is watched, not the file: files are replaced by renaming, or by turning a link beside them. */
  #watch(folder: string): void {
    try {
      const watcher = watch(folder, { persistent: false }, () => {
        clearTimeout(this.#settleTimer);
        this.#settleTimer = setTimeout(() => void this.#look(), this.#options.settleMs ?? SETTLE_MS);
      });
      watcher.on('error', () => watcher.close()); // the timer still looks
      this.#watchers.push(watcher);
    } catch {
      // No watching on this file system, or too many watches: the timer looks.
    }
  }

  /** Never rejects. */
  async #look(): Promise<void> {
    try {
      const [cert, key] = await Promise.all([readFile(this.#files.certificate), readFile(this.#files.key)]);
      if (!this.#isClosed) this.#take({ cert, key });
    } catch {
      // Being replaced, or gone: what is shown stays, and it is looked again.
    }
  }

  #take(pair: PemPair): void {
    if (isSame(pair, this.#current) || (this.#rejected !== undefined && isSame(pair, this.#rejected))) return;
    const { logger } = this.#options;
    const { certificate } = this.#files;
    try {
      checkPair(pair);
    } catch (error) {
      this.#rejected = pair;
      logger.error({ certificate, err: error }, 'the new certificate cannot be used: the old one stays');
      return;
    }
    this.#rejected = undefined;
    this.#current = pair;
    for (const listener of this.#listeners) listener(pair);
    logger.info({ certificate, validTo: validTo(pair) }, 'certificate renewed');
  }
}

/** A certificate that never changes. */
export function fixedCertificate(current: PemPair): CertificateSource {
  return { current, onChange: () => () => undefined, close: () => undefined };
}

function loadPair({ certificate, key }: PemFiles): PemPair {
  try {
    const pair = { cert: readFileSync(certificate), key: readFileSync(key) };
    checkPair(pair);
    return pair;
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`the certificate ${certificate} with the key ${key} cannot be used: ${why}`, { cause });
  }
}

/** @throws {Error} why TLS could not use it. */
function checkPair({ cert, key }: PemPair): void {
  if (!new X509Certificate(cert).checkPrivateKey(createPrivateKey(key))) {
    throw new Error('the key belongs to another certificate');
  }
  createSecureContext({ cert, key });
}

function isSame(first: PemPair, second: PemPair): boolean {
  return first.cert.equals(second.cert) && first.key.equals(second.key);
}

function validTo({ cert }: PemPair): string {
  return new X509Certificate(cert).validTo;
}
