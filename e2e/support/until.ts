const POLL_MS = 25;

/** Waits until `condition` holds; fails after `limitMs`, naming `what`. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  { limitMs = 30_000, what = condition.toString() } = {},
): Promise<void> {
  const deadline = performance.now() + limitMs;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`did not happen within ${limitMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
