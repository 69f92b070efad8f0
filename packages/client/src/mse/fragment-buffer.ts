/** What was played is kept for this long, in seconds, at least and at most. */
const KEPT_SECONDS = 4;
const KEPT_MOST_SECONDS = 10;
/** Bytes that wait for a decoder that takes none: something is wrong. */
const MAX_WAITING_BYTES = 32 * 1024 * 1024;

interface MediaSources {
  readonly ManagedMediaSource?: typeof MediaSource;
  readonly MediaSource?: typeof MediaSource;
}

/** Safari on phones has the managed kind only, which TypeScript does not know yet. */
export function mediaSourceKind(): typeof MediaSource | undefined {
  const { ManagedMediaSource, MediaSource } = globalThis as MediaSources;
  return ManagedMediaSource ?? MediaSource;
}

type Waiting = { readonly mimeType: string } | { readonly bytes: ArrayBuffer };

/** The buffer of a live player: takes an endless row of fragments, in order, whatever the browser is busy with. */
export class FragmentBuffer {
  readonly #video: HTMLVideoElement;
  readonly #source: MediaSource;
  readonly #onError: (reason: string) => void;
  #waiting: Waiting[] = [];
  #waitingBytes = 0;
  #buffer: SourceBuffer | undefined;
  #url: string | undefined;
  #isClosed = false;
  /** The last picture stays until it is closed. */
  #hasFailed = false;

  /** @throws {Error} the browser has no media source extensions. */
  constructor(video: HTMLVideoElement, onError: (reason: string) => void) {
    const Kind = mediaSourceKind();
    if (Kind === undefined) throw new Error('no media source extensions');
    this.#video = video;
    this.#onError = onError;
    this.#source = new Kind();
    this.#source.addEventListener('sourceopen', () => this.#pump(), { once: true });
    this.#url = URL.createObjectURL(this.#source);
    video.src = this.#url;
  }

  /** The newest stretch without a gap; `undefined` before the first. */
  get live(): { readonly start: number; readonly end: number } | undefined {
    const { buffered } = this.#video;
    const last = buffered.length - 1;
    return last < 0 ? undefined : { start: buffered.start(last), end: buffered.end(last) };
  }

  /** What follows is of this type, and begins with an initialization segment. */
  setType(mimeType: string): void {
    this.#push({ mimeType }, 0);
  }

  append(bytes: ArrayBuffer): void {
    this.#push({ bytes }, bytes.byteLength);
  }

  /** Safe to call twice. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#waiting = [];
    if (this.#url !== undefined) URL.revokeObjectURL(this.#url);
    this.#video.removeAttribute('src');
    this.#video.load();
  }

  #push(what: Waiting, byteLength: number): void {
    if (this.#isClosed || this.#hasFailed) return;
    this.#waiting.push(what);
    this.#waitingBytes += byteLength;
    if (this.#waitingBytes > MAX_WAITING_BYTES) this.#fail('the decoder takes nothing');
    else this.#pump();
  }

  #pump(): void {
    if (!this.#isReady()) return;
    try {
      if (this.#forgetPlayed()) return;
      const [first] = this.#waiting;
      if (first === undefined) return;
      if ('mimeType' in first) this.#takeType(first.mimeType);
      else this.#takeBytes();
    } catch (error) {
      const isFull = error instanceof DOMException && error.name === 'QuotaExceededError';
      if (!isFull || !this.#forgetPlayed(1)) this.#fail(String(error));
    }
  }

  #isReady(): boolean {
    if (this.#isClosed || this.#hasFailed) return false;
    return this.#source.readyState === 'open' && this.#buffer?.updating !== true;
  }

  #takeType(mimeType: string): void {
    this.#waiting.shift();
    if (this.#buffer === undefined) {
      this.#source.duration = Infinity;
      this.#buffer = this.#source.addSourceBuffer(mimeType);
      this.#buffer.addEventListener('updateend', () => this.#pump());
      this.#buffer.addEventListener('error', () => this.#fail('the decoder refused a fragment'));
    } else {
      this.#buffer.changeType(mimeType);
    }
    this.#pump();
  }

  /** All that waits, up to the next change, at once: each call costs the same. */
  #takeBytes(): void {
    const parts: ArrayBuffer[] = [];
    for (const next of this.#waiting) {
      if ('mimeType' in next) break;
      parts.push(next.bytes);
    }
    const bytes = joined(parts);
    this.#buffer?.appendBuffer(bytes);
    this.#waiting.splice(0, parts.length);
    this.#waitingBytes -= bytes.byteLength;
  }

  /** @returns whether it began to. */
  #forgetPlayed(mostSeconds = KEPT_MOST_SECONDS): boolean {
    const { buffered, currentTime } = this.#video;
    if (this.#buffer === undefined || buffered.length === 0) return false;
    const kept = Math.min(KEPT_SECONDS, mostSeconds);
    const isEnough = buffered.start(0) < currentTime - mostSeconds;
    if (!isEnough) return false;
    this.#buffer.remove(0, currentTime - kept);
    return true;
  }

  #fail(reason: string): void {
    if (this.#isClosed || this.#hasFailed) return;
    this.#hasFailed = true;
    this.#waiting = [];
    this.#onError(reason);
  }
}

function joined(parts: readonly ArrayBuffer[]): ArrayBuffer {
  const [only] = parts;
  if (parts.length === 1 && only !== undefined) return only;
  const all = new Uint8Array(parts.reduce((sum, { byteLength }) => sum + byteLength, 0));
  let at = 0;
  for (const part of parts) {
    all.set(new Uint8Array(part), at);
    at += part.byteLength;
  }
  return all.buffer;
}
