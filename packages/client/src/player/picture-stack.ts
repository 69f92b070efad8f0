const FILL: Partial<CSSStyleDeclaration> = {
  position: 'absolute',
  inset: '0',
  width: '100%',
  height: '100%',
  objectFit: 'contain',
};

/** Largest side of the kept picture: it is shown small and dimmed, and there may be dozens. */
const KEPT_SIDE = 1280;

/**
 * The pictures of one camera, one on top of the other: the kept last picture, the `<video>` that is
 * opening, the `<video>` on screen. What comes later is put underneath and lifted when it has a
 * frame, so a change is never seen as a flash. Styles are set through the CSSOM, which a strict
 * content security policy allows.
 */
export class PictureStack {
  readonly element: HTMLElement;
  #top: HTMLVideoElement | undefined;
  #kept: HTMLCanvasElement | undefined;

  constructor() {
    this.element = document.createElement('div');
    Object.assign(this.element.style, FILL);
  }

  /** The `<video>` on screen. */
  get top(): HTMLVideoElement | undefined {
    return this.#top;
  }

  /** A new `<video>`, muted, under what is on screen. */
  addVideo(): HTMLVideoElement {
    const video = document.createElement('video');
    video.muted = true;
    video.autoplay = true;
    video.playsInline = true;
    video.disableRemotePlayback = true;
    // The tile around it is what has a name and a role.
    video.tabIndex = -1;
    video.setAttribute('aria-hidden', 'true');
    Object.assign(video.style, FILL);
    this.element.prepend(video);
    return video;
  }

  /** Puts `video` on screen. Sound and picture-in-picture go over to it. */
  lift(video: HTMLVideoElement): void {
    const before = this.#top;
    this.#top = video;
    this.element.append(video);
    if (before !== undefined && before !== video) {
      video.volume = before.volume;
      video.muted = before.muted;
      before.muted = true;
      // No gesture is needed while another video is in the window.
      if (document.pictureInPictureElement === before) {
        video.requestPictureInPicture().catch(() => undefined);
      }
    }
    this.#kept?.remove();
    this.#kept = undefined;
  }

  /** Takes `video` away; its last picture stays when it was the one on screen. */
  remove(video: HTMLVideoElement): void {
    if (video === this.#top) {
      this.#keep(video);
      this.#top = undefined;
    }
    video.remove();
  }

  /** What is on screen, in full size; `undefined` before the first picture. */
  capture(): HTMLCanvasElement | undefined {
    if (this.#top !== undefined) return draw(this.#top, Infinity);
    return this.#kept;
  }

  #keep(video: HTMLVideoElement): void {
    const kept = draw(video, KEPT_SIDE);
    if (kept === undefined) return;
    this.#kept?.remove();
    this.#kept = kept;
    kept.setAttribute('aria-hidden', 'true');
    Object.assign(kept.style, FILL);
    this.element.prepend(kept);
  }
}

function draw(video: HTMLVideoElement, largestSide: number): HTMLCanvasElement | undefined {
  const { videoWidth, videoHeight } = video;
  if (videoWidth === 0 || videoHeight === 0) return undefined;
  const scale = Math.min(1, largestSide / Math.max(videoWidth, videoHeight));
  const canvas = document.createElement('canvas');
  canvas.width = Math.round(videoWidth * scale);
  canvas.height = Math.round(videoHeight * scale);
  canvas.getContext('2d')?.drawImage(video, 0, 0, canvas.width, canvas.height);
  return canvas;
}
