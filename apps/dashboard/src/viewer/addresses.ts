import { mediaUrls } from '@vedette/client';

/** Where RTSP players and publishers find the camera. */
export function rtspAddress(cameraId: string, port: number): string {
  return `rtsp://${location.hostname}:${port}/${cameraId}`;
}

/** Whole addresses of a camera's media, for use elsewhere. */
export function absoluteUrls(cameraId: string): ReturnType<typeof mediaUrls> {
  return mediaUrls(cameraId, location.origin);
}

/** What to put into another page to show the camera there. */
export function embedCode(cameraId: string, name: string): string {
  const title = name.replaceAll('&', '&amp;').replaceAll('"', '&quot;');
  return [
    `<iframe src="${absoluteUrls(cameraId).embed}" title="${title}"`,
    '  width="640" height="360" style="border: 0"',
    '  allow="autoplay; fullscreen; picture-in-picture"></iframe>',
  ].join('\n');
}
