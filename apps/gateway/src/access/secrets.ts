import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import {
  closeSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import path from 'node:path';

/** What is wrong with the key or with what it should open; carries neither. */
export class SecretsError extends Error {
  override readonly name = 'SecretsError';
  readonly code: 'ERR_SECRET_KEY_FILE' | 'ERR_SECRET_KEY_WRONG';

  constructor(code: SecretsError['code'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

const KEY_FILE = 'secret.key';
const KEY_BYTES = 32;
/** AES-GCM, NIST SP 800-38D §5.2.1.1 and §8.2.2: a random 96-bit IV, the whole tag. */
const CIPHER = 'aes-256-gcm';
const IV_BYTES = 12;
const TAG_BYTES = 16;
/** First word of a sealed text, so that a later way to seal can stand beside this one. */
const VERSION = 'v1';
const SEALED = /^v1\.([\w-]+)$/;

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined;
}

/** @returns 32 bytes of base64 (either alphabet) or hexadecimal text; `undefined` for anything else. */
function parseKey(text: string): Uint8Array | undefined {
  const word = text.trim();
  if (/^[0-9a-f]{64}$/i.test(word)) return Buffer.from(word, 'hex');
  if (!/^[\w+/-]{43}=?$/.test(word)) return undefined;
  const bytes = Buffer.from(word, 'base64');
  return bytes.length === KEY_BYTES ? bytes : undefined;
}

function readKey(file: string): Uint8Array {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const why = codeOf(error) === 'ENOENT' ? 'is not there' : `cannot be read (${String(codeOf(error))})`;
    throw new SecretsError(
      'ERR_SECRET_KEY_FILE',
      `the key file ${file} ${why}; "openssl rand -base64 32" makes a key`,
      { cause: error },
    );
  }
  const key = parseKey(text);
  if (key === undefined) {
    throw new SecretsError(
      'ERR_SECRET_KEY_FILE',
      `the key file ${file} holds no key: it must be 32 bytes as base64 or hexadecimal text`,
    );
  }
  return key;
}

function writeWhole(file: string, text: string): void {
  const handle = openSync(file, 'wx', 0o600);
  try {
    writeSync(handle, text);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

/** Whole or not at all, and never over another: two gateways that start together use the same key. */
function makeKey(file: string): void {
  const folder = path.dirname(file);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const text = `${randomBytes(KEY_BYTES).toString('base64')}\n`;
  const temporary = `${file}.${process.pid}.${randomBytes(4).toString('hex')}`;
  writeWhole(temporary, text);
  try {
    linkSync(temporary, file);
  } catch (error) {
    // File systems without hard links (FAT on a memory card, some shares): less whole, still never over another.
    if (codeOf(error) !== 'EEXIST') writeFileSync(file, text, { flag: 'wx', mode: 0o600, flush: true });
  } finally {
    unlinkSync(temporary);
  }
  const handle = openSync(folder, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

/**
 * Hides what has to be read again: camera passwords, second factors, signing keys.
 *
 * Everything comes from one key of 32 bytes, which lies in a file beside the database and not in it: a copy of the
 * database alone opens nothing. `purpose` says what a thing is for, e.g. `camera.config`: what was sealed for one
 * purpose opens for no other (it is the associated data of AES-GCM), and keys of two purposes have nothing in common.
 */
export class Secrets {
  readonly #root: Uint8Array;
  readonly #sealing: Uint8Array;

  /** @param root 32 random bytes. */
  constructor(root: Uint8Array) {
    if (root.length !== KEY_BYTES) throw new RangeError(`a key has ${KEY_BYTES} bytes, not ${root.length}`);
    this.#root = Uint8Array.from(root);
    this.#sealing = this.key('secrets.seal');
  }

  /**
   * Reads the key, and makes it at the first start.
   *
   * @param dataDir `secret.key` in there is read, and made (readable by its owner only) where it is missing.
   * @param keyFile read instead, and never made: `VEDETTE_SECRET_KEY_FILE`.
   * @throws {SecretsError} `ERR_SECRET_KEY_FILE`: not there, not readable, or no key.
   */
  static open(dataDir: string, keyFile?: string): Secrets {
    if (keyFile !== undefined) return new Secrets(readKey(keyFile));
    const file = path.resolve(dataDir, KEY_FILE);
    try {
      return new Secrets(readKey(file));
    } catch (error) {
      if (!(error instanceof SecretsError) || codeOf(error.cause) !== 'ENOENT') throw error;
    }
    try {
      makeKey(file);
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') {
        throw new SecretsError(
          'ERR_SECRET_KEY_FILE',
          `the key file ${file} cannot be made (${String(codeOf(error))}): Vedette must be allowed to write there`,
          { cause: error },
        );
      }
    }
    return new Secrets(readKey(file));
  }

  /** @returns one word of `A-Za-z0-9_-.`; the same text sealed twice gives two. */
  seal(text: string, purpose: string): string {
    const iv = randomBytes(IV_BYTES);
    const cipher = createCipheriv(CIPHER, this.#sealing, iv, { authTagLength: TAG_BYTES });
    cipher.setAAD(Buffer.from(`${VERSION}:${purpose}`));
    const bytes = Buffer.concat([iv, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]);
    return `${VERSION}.${bytes.toString('base64url')}`;
  }

  /**
   * The text that was sealed for the same purpose.
   *
   * @throws {SecretsError} `ERR_SECRET_KEY_WRONG`: with another key, for another purpose, or changed since.
   */
  open(sealed: string, purpose: string): string {
    const [, word] = SEALED.exec(sealed) ?? [];
    const bytes = Buffer.from(word ?? '', 'base64url');
    if (bytes.length < IV_BYTES + TAG_BYTES) throw wrong(purpose);
    const decipher = createDecipheriv(CIPHER, this.#sealing, bytes.subarray(0, IV_BYTES), {
      authTagLength: TAG_BYTES,
    });
    decipher.setAAD(Buffer.from(`${VERSION}:${purpose}`));
    decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
    try {
      const text = decipher.update(bytes.subarray(IV_BYTES, -TAG_BYTES));
      return Buffer.concat([text, decipher.final()]).toString('utf8');
    } catch {
      throw wrong(purpose);
    }
  }

  /**
   * A key for one purpose, always the same one (HKDF with SHA-256, RFC 5869).
   *
   * @returns 32 bytes, the caller's own.
   */
  key(purpose: string): Uint8Array {
    return new Uint8Array(hkdfSync('sha256', this.#root, 'vedette', purpose, KEY_BYTES));
  }
}

function wrong(purpose: string): SecretsError {
  return new SecretsError(
    'ERR_SECRET_KEY_WRONG',
    `what was sealed for "${purpose}" does not open: it was sealed with another key, or changed since; ` +
      'put back the key file that belongs to this database',
  );
}
