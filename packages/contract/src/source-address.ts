import { z } from 'zod';

/** The schemes a camera's address may have, and what each means. */
export const SOURCE_SCHEMES = [
  { pattern: /^publish$/, example: 'publish' },
  { pattern: /^demo:$/, example: 'demo:' },
  { pattern: /^rtsps?:\/\/[^\s/]/i, example: 'rtsp://user:password@host/path' },
  // RTSP in HTTP (QuickTime tunnelling) and in WebSocket (ONVIF Streaming Specification §5.1.1.5).
  { pattern: /^rtsp\+(?:https?|wss?):\/\/[^\s/]/i, example: 'rtsp+http://host/path' },
  { pattern: /^rtmps?:\/\/[^\s/]+\/./i, example: 'rtmp://host/app/name' },
  { pattern: /^srt:\/\/[^\s/]/i, example: 'srt://host:8890?streamid=…' },
  { pattern: /^(?:hls|mjpeg|jpeg)\+https?:\/\/[^\s/]/i, example: 'mjpeg+http://host/path' },
  { pattern: /^https?:\/\/[^\s/]/i, example: 'https://host/index.m3u8' },
  { pattern: /^v4l2:\/[^\s]/i, example: 'v4l2:/dev/video0?size=1280x720&fps=30' },
  { pattern: /^rpicam:/i, example: 'rpicam:' },
  // What reads files of the machine or runs programs: from the configuration file only, never by the API.
  { pattern: /^file:./i, example: 'file:clip.mp4?loop', isFromFileOnly: true },
  { pattern: /^exec:./i, example: 'exec:ffmpeg -i … -f mpegts -', isFromFileOnly: true },
] as const;

/** Where a camera's media comes from. */
export const sourceAddress = z
  .string()
  .max(4096)
  .refine((value) => SOURCE_SCHEMES.some(({ pattern }) => pattern.test(value)), {
    error: `must be one of ${SOURCE_SCHEMES.map(({ example }) => example).join(', ')}`,
  });

/** Whether an address may stand in the configuration file only: nobody may set it by the API. */
export function isFromFileOnly(address: string): boolean {
  const scheme = SOURCE_SCHEMES.find(({ pattern }) => pattern.test(address));
  return scheme !== undefined && 'isFromFileOnly' in scheme;
}
