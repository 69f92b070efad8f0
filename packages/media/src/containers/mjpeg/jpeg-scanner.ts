import { isBareMarker, JpegMarker } from '../../codecs/mjpeg/jpeg-header.ts';

/** What is known of a JPEG so far. */
export type JpegScan =
  | { readonly type: 'more' }
  /** It is complete: `length` bytes. */
  | { readonly type: 'complete'; readonly length: number }
  /** It broke off; what follows may begin at `resumeAt`. */
  | { readonly type: 'broken'; readonly resumeAt: number };

const MORE: JpegScan = { type: 'more' };

/**
 * Finds the end of a JPEG whose bytes come in pieces. Segments are stepped over by their lengths, so that a
 * thumbnail in one of them is not taken for the picture (Exif has whole JPEGs inside).
 */
export class JpegScanner {
  /** How far it has been looked through. */
  #at = 2;
  #isInScan = false;

  /** Begins anew, with another JPEG. */
  reset(): void {
    this.#at = 2;
    this.#isInScan = false;
  }

  /** @param bytes the JPEG from its SOI on, as far as it is there: what the last call was given, and more. */
  scan(bytes: Uint8Array): JpegScan {
    while (this.#at < bytes.length) {
      const result = this.#isInScan ? this.#scanData(bytes) : this.#segment(bytes);
      if (result !== undefined) return result;
    }
    return MORE;
  }

  /** One marker, and the segment behind it. */
  #segment(bytes: Uint8Array): JpegScan | undefined {
    const at = this.#at;
    if (bytes[at] !== 0xff) return { type: 'broken', resumeAt: at };
    const marker = bytes[at + 1];
    if (marker === undefined) return MORE;
    if (marker === 0xff) {
      this.#at += 1;
    } else if (marker === JpegMarker.eoi) {
      return { type: 'complete', length: at + 2 };
    } else if (isBareMarker(marker)) {
      this.#at += 2;
    } else if (marker === JpegMarker.soi || marker === 0) {
      return { type: 'broken', resumeAt: at };
    } else {
      const low = bytes[at + 3];
      if (low === undefined) return MORE;
      const length = ((bytes[at + 2] ?? 0) << 8) | low;
      if (length < 2) return { type: 'broken', resumeAt: at + 2 };
      this.#at += 2 + length;
      this.#isInScan = marker === JpegMarker.sos;
    }
    return undefined;
  }

  /** Entropy-coded data, up to the next marker that is not a restart. */
  #scanData(bytes: Uint8Array): JpegScan | undefined {
    const at = bytes.indexOf(0xff, this.#at);
    const marker = bytes[at + 1];
    this.#at = at === -1 ? bytes.length : at;
    if (at === -1 || marker === undefined) return MORE;
    if (marker === JpegMarker.soi) return { type: 'broken', resumeAt: at };
    if (marker === JpegMarker.eoi) return { type: 'complete', length: at + 2 };
    // Anything that is no marker of a further scan is damage, and the decoder's to bear.
    if (isBetweenScans(marker)) this.#isInScan = false;
    else this.#at = marker === 0xff ? at + 1 : at + 2;
    return undefined;
  }
}

/** DHT, SOS, DQT, DNL, DRI, APPn, COM. */
function isBetweenScans(marker: number): boolean {
  return (
    marker === JpegMarker.dht ||
    (marker >= 0xda && marker <= 0xdd) ||
    (marker >= 0xe0 && marker <= 0xef) ||
    marker === 0xfe
  );
}
