/** Heights that are told apart: a tile that grows by a pixel is no news. */
const STEPS = [180, 270, 360, 480, 720, 1080, 1440, 2160, 4320];
/** A window that is being resized is left to settle. */
const SETTLE_MS = 300;

/** How many lines of a picture `width` × `height` CSS pixels have room for, rounded up to a usual size. */
export function linesIn(width: number, height: number, pixelRatio: number): number | undefined {
  if (width <= 0 || height <= 0) return undefined;
  const lines = Math.min(height, (width * 9) / 16) * pixelRatio;
  return STEPS.find((step) => step >= lines) ?? STEPS.at(-1);
}

/**
 * Tells how many lines there is room for in `element`, at first and when that changes.
 *
 * @returns stops watching.
 */
export function watchRoom(element: HTMLElement, onChange: (lines: number) => void): () => void {
  let told: number | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const tell = (): void => {
    const { clientWidth, clientHeight } = element;
    const lines = linesIn(clientWidth, clientHeight, devicePixelRatio);
    if (lines === undefined || lines === told) return;
    told = lines;
    onChange(lines);
  };
  const observer = new ResizeObserver(() => {
    clearTimeout(timer);
    if (told === undefined) tell();
    else timer = setTimeout(tell, SETTLE_MS);
  });
  observer.observe(element);
  return () => {
    clearTimeout(timer);
    observer.disconnect();
  };
}
