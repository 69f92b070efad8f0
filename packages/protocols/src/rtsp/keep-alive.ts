/** RFC 2326 §12.37: the timeout where the server names none. */
const DEFAULT_TIMEOUT_SECONDS = 60;
const MARGIN_MS = 1000;

/**
 * The request that keeps a session alive with the least effect on the server: an empty GET_PARAMETER
 * (RFC 2326 §10.8), else an empty SET_PARAMETER, else OPTIONS, as `Public` offers them.
 */
export function keepAliveMethod(offered: ReadonlySet<string>): 'GET_PARAMETER' | 'SET_PARAMETER' | 'OPTIONS' {
  if (offered.has('GET_PARAMETER')) return 'GET_PARAMETER';
  if (offered.has('SET_PARAMETER')) return 'SET_PARAMETER';
  return 'OPTIONS';
}

/**
 * Milliseconds between two of them: half the session's timeout less a margin, so that one may be lost; at
 * least 1 s, at most 30 s (some cameras name 86 400 s and close after a minute all the same).
 */
export function keepAliveIntervalMs(timeoutSeconds: number = DEFAULT_TIMEOUT_SECONDS): number {
  return Math.min(30_000, Math.max(1000, (timeoutSeconds * 1000) / 2 - MARGIN_MS));
}
