import { formatRtspUrl, parseRtspUrl, trimSlashes, type RtspUrl } from './rtsp-url.ts';

/**
 * The URL that control attributes are relative to (RFC 2326 §C.1.1), the first there is of: the session-level
 * `a=control` when absolute, `Content-Base`, `Content-Location`, the request URL.
 *
 * Host and port are always those of `request`: cameras behind NAT, or with a wrong idea of their own
 * address (`0.0.0.0`, their factory address), name hosts that cannot be reached.
 */
export function controlBase(
  request: RtspUrl,
  response: {
    readonly sessionControl?: string | undefined;
    readonly contentBase?: string | undefined;
    readonly contentLocation?: string | undefined;
  },
): string {
  if (response.sessionControl !== undefined && isAbsolute(response.sessionControl)) {
    return onHostOf(request, response.sessionControl);
  }
  for (const candidate of [response.contentBase, response.contentLocation]) {
    const base = candidate?.trim() ?? '';
    if (isAbsolute(base)) return onHostOf(request, base);
    if (base.startsWith('/')) return formatRtspUrl({ ...request, target: base });
  }
  return formatRtspUrl(request);
}

/**
 * The URL for SETUP of a media, or of the whole presentation when `control` is missing, empty or `*`.
 *
 * Relative controls are appended to `base`, query and all, because that is what cameras expect
 * (Dahua: base `…/realmonitor?channel=1&subtype=0/`, control `trackID=0`); RFC 3986 resolution would drop the query.
 * A control that repeats the base's path (some Hikvision OEMs, Milesight) replaces it.
 */
export function resolveControl(request: RtspUrl, base: string, control: string | undefined): string {
  const trimmed = control?.trim() ?? '';
  if (trimmed === '' || trimmed === '*') return base;
  if (isAbsolute(trimmed)) return onHostOf(request, trimmed);

  const rooted = trimmed.startsWith('/') ? trimmed : `/${trimmed}`;
  if (repeatsPath(base, rooted)) return formatRtspUrl({ ...request, target: rooted });
  if (trimmed.startsWith('?')) return base + trimmed;
  return base.endsWith('/') ? base + rooted.slice(1) : base + rooted;
}

function repeatsPath(base: string, rooted: string): boolean {
  const [path = ''] = parseRtspUrl(base).target.split('?', 1);
  const trimmed = trimSlashes(path);
  return trimmed !== '' && rooted.startsWith(trimmed) && /^(?:$|[/?])/.test(rooted.slice(trimmed.length));
}

function isAbsolute(text: string): boolean {
  return /^rtsps?:\/\//i.test(text);
}

/** Control characters or an unreadable host must not end a session: the path is what matters. */
function onHostOf(request: RtspUrl, text: string): string {
  const target = /^rtsps?:\/\/[^/?]*(.*)$/is.exec(text)?.[1] ?? '';
  return formatRtspUrl({ ...request, target: target.replace(/[^\x21-\x7e]+/gu, '') });
}
