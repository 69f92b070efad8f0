/** A glance at another tab, or a tile that scrolls by, is no reason to hang up. */
const GRACE_MS = 2000;

/**
 * Tells whether somebody can see `element`: on screen in a visible tab, or in a picture-in-picture
 * window. Going out of sight is told after a moment's grace, coming back and leaving the page at once. It
 * begins as seen.
 *
 * @returns stops watching.
 */
export function watchVisibility(element: HTMLElement, onChange: (isVisible: boolean) => void): () => void {
  const aborter = new AbortController();
  const { signal } = aborter;
  let isIntersecting = true;
  let isTold = true;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const tell = (isVisible: boolean): void => {
    if (isTold === isVisible) return;
    isTold = isVisible;
    onChange(isVisible);
  };
  const check = (): void => {
    const isInPicture =
      document.pictureInPictureElement !== null && element.contains(document.pictureInPictureElement);
    const isVisible = isInPicture || (isIntersecting && !document.hidden);
    clearTimeout(timer);
    if (isVisible) tell(true);
    else timer = setTimeout(() => tell(false), GRACE_MS);
  };

  const observer = new IntersectionObserver((entries) => {
    isIntersecting = entries.at(-1)?.isIntersecting ?? isIntersecting;
    check();
  });
  observer.observe(element);
  document.addEventListener('visibilitychange', check, { signal });
  // The page closes, or is kept for the Back button: now is the time to hang up.
  addEventListener('pagehide', () => tell(false), { signal });
  addEventListener('pageshow', check, { signal });
  // These two bubble from the <video> inside.
  element.addEventListener('enterpictureinpicture', check, { signal });
  element.addEventListener('leavepictureinpicture', check, { signal });
  return () => {
    clearTimeout(timer);
    observer.disconnect();
    aborter.abort();
  };
}
