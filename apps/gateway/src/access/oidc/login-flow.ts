import type { Secrets } from '../secrets.ts';

/** What has to be known of a login while the browser is at the provider. */
export interface LoginFlow {
  readonly state: string;
  readonly nonce: string;
  readonly codeVerifier: string;
  /** Where the browser is led to afterwards. */
  readonly next: string;
  readonly startedAtMs: number;
}

/** People may have to find their second factor first. */
export const FLOW_MINUTES = 10;
const PURPOSE = 'oidc.flow';

/**
 * The flow as a cookie: the browser that began it holds it, sealed, so that whichever gateway it comes back to can go
 * on, and nobody else's browser can (login CSRF).
 */
export function sealFlow(secrets: Secrets, flow: LoginFlow): string {
  return secrets.seal(JSON.stringify(flow), PURPOSE);
}

/** @returns `undefined` where it is none of ours, or too old. */
export function openFlow(secrets: Secrets, cookie: string | undefined, nowMs: number): LoginFlow | undefined {
  if (cookie === undefined) return undefined;
  try {
    const flow = JSON.parse(secrets.open(cookie, PURPOSE)) as LoginFlow;
    return nowMs - flow.startedAtMs < FLOW_MINUTES * 60_000 ? flow : undefined;
  } catch {
    return undefined;
  }
}
