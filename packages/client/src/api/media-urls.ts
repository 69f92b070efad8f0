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

export function mediaUrls(cameraId: string, baseUrl = ''): MediaUrls {
  const live = `${baseUrl}/live/${encodeURIComponent(cameraId)}`;
  return {
    whep: `${live}/whep`,
    whip: `${live}/whip`,
    hls: `${live}/index.m3u8`,
    mse: `${live}/mse`,
    snapshot: `${live}/snapshot.jpg`,
    page: live,
    embed: `${live}?embed=1`,
  };
}
