/** Where a camera's media is, below `baseUrl` (empty: the page's own origin). */
export interface MediaUrls {
  readonly whep: string;
  /** Where to publish by WebRTC. */
  readonly whip: string;
  readonly hls: string;
  /** A WebSocket. */
  readonly mse: string;
  readonly snapshot: string;
  /** The player page, to link to. */
  readonly page: string;
  /** The player alone, to put into a frame. */
  readonly embed: string;
}

/** @param token a stream token that goes with each address; none where absent. */
export function mediaUrls(cameraId: string, baseUrl = '', token?: string): MediaUrls {
  const live = `${baseUrl}/live/${encodeURIComponent(cameraId)}`;
  const query = token === undefined ? '' : `?token=${encodeURIComponent(token)}`;
  return {
    whep: `${live}/whep${query}`,
    whip: `${live}/whip${query}`,
    hls: `${live}/index.m3u8${query}`,
    mse: `${live}/mse${query}`,
    snapshot: `${live}/snapshot.jpg${query}`,
    page: live,
    embed: `${live}?embed=1`,
  };
}
