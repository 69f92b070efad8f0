import { createDecipheriv } from 'node:crypto';
import type { EncryptionKey } from '@vedette/protocols';
import { SourceError } from '../../cameras/source.ts';
import type { HttpAddress } from '../http-address.ts';
import { resolveUri, type HlsClient } from './hls-client.ts';

const KEY_BYTES = 16;
/** Keys that are remembered: of the segments of one playlist, and the next. */
const MAX_KEYS = 16;
/** Some servers answer with more than the key, a line end say. */
const MAX_KEY_ANSWER_BYTES = 1024;

/** Decrypts segments by AES-128 (RFC 8216 §4.3.2.4, §5.2); fetches each key once. */
export class SegmentKeys {
  readonly #client: HlsClient;
  readonly #keys = new Map<string, Uint8Array>();

  constructor(client: HlsClient) {
    this.#client = client;
  }

  /**
   * @param base where the playlist came from
   * @param msn of the segment: its number is the IV where none is given
   * @throws {SourceError} `ERR_HLS_ENCRYPTED`: another kind of encryption. `ERR_HLS_KEY`: the key is none, or wrong.
   */
  async decrypt(
    bytes: Uint8Array,
    key: EncryptionKey | undefined,
    msn: number,
    base: HttpAddress,
  ): Promise<Uint8Array> {
    if (key === undefined || key.method === 'NONE') return bytes;
    const isPlain = key.keyFormat === undefined || key.keyFormat === 'identity';
    if (key.method !== 'AES-128' || key.uri === undefined || !isPlain) {
      const method = key.method.replaceAll(/[^A-Za-z0-9-]/g, '?').slice(0, 20);
      throw new SourceError(
        'ERR_HLS_ENCRYPTED',
        `the stream is encrypted by ${method}: only AES-128 can be read`,
        {
          isPermanent: true,
        },
      );
    }
    const secret = await this.#key(key.uri, base);
    try {
      const decipher = createDecipheriv('aes-128-cbc', secret, initializationVector(key.iv, msn));
      return Buffer.concat([decipher.update(bytes), decipher.final()]);
    } catch (cause) {
      throw new SourceError(
        'ERR_HLS_KEY',
        'a segment cannot be decrypted with the key that the playlist names',
        { cause },
      );
    }
  }

  async #key(uri: string, base: HttpAddress): Promise<Uint8Array> {
    const known = this.#keys.get(uri);
    if (known !== undefined) return known;
    const { bytes } = await this.#client.get(resolveUri(base, uri), MAX_KEY_ANSWER_BYTES);
    if (bytes.length !== KEY_BYTES) {
      throw new SourceError(
        'ERR_HLS_KEY',
        `the server answers with ${bytes.length} bytes where a key of 16 should be`,
      );
    }
    if (this.#keys.size >= MAX_KEYS) this.#keys.clear();
    this.#keys.set(uri, bytes);
    return bytes;
  }
}

function initializationVector(iv: string | undefined, msn: number): Uint8Array {
  const out = Buffer.alloc(KEY_BYTES);
  if (iv === undefined) out.writeBigUInt64BE(BigInt(msn), 8);
  else
    Buffer.from(
      iv
        .replace(/^0x/i, '')
        .padStart(2 * KEY_BYTES, '0')
        .slice(-2 * KEY_BYTES),
      'hex',
    ).copy(out);
  return out;
}
