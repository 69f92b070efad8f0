/** Codecs that the gateway may send; the rest would only make every offer longer. */
const CODECS: ReadonlySet<string> = new Set([
  'video/h264',
  'video/h265',
  'video/av1',
  'video/vp9',
  'video/vp8',
  'video/rtx',
  'audio/opus',
  'audio/pcmu',
  'audio/pcma',
]);

/** The same codecs, in the order given, without those that the gateway never sends. */
export function usefulCodecs<Codec extends { mimeType: string }>(codecs: readonly Codec[]): Codec[] {
  return codecs.filter(({ mimeType }) => CODECS.has(mimeType.toLowerCase()));
}

/**
 * Asks for Opus in stereo. Without `stereo=1` in its own description a browser mixes what it
 * receives down to one channel (RFC 7587 §6.1), and no API sets it.
 */
export function withStereo(sdp: string): string {
  const opus = /^a=rtpmap:(\d+) opus\/48000\/2\r?$/im.exec(sdp)?.[1];
  if (opus === undefined) return sdp;
  const format = new RegExp(`^(a=fmtp:${opus} (?!.*\\bstereo=)[^\\r\\n]*)`, 'm');
  return sdp.replace(format, '$1;stereo=1');
}
