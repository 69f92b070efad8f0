import { ProtocolError } from '@vedette/media';
import { HLS_LIMITS } from './limits.ts';
import type { MediaPlaylist } from './media-playlist.ts';
import { parseMultivariantPlaylist, type MultivariantPlaylist } from './multivariant-playlist.ts';
import { parseMediaPlaylist } from './parse-media-playlist.ts';

export type Playlist = MediaPlaylist | MultivariantPlaylist;

const MULTIVARIANT_TAG = /^#EXT-X-(?:STREAM-INF|MEDIA|I-FRAME-STREAM-INF|SESSION-DATA|SESSION-KEY)(?::|$)/;
const MEDIA_TAG =
  /^#(?:EXTINF|EXT-X-(?:TARGETDURATION|MEDIA-SEQUENCE|DISCONTINUITY|BYTERANGE|PART|PART-INF|MAP|KEY|SKIP|ENDLIST|GAP))(?::|$)/;

/**
 * Reads a playlist of either kind, which its tags tell apart (RFC 8216bis §4.1: mixing them is an error).
 *
 * Unknown tags and comments are ignored; line ends may be LF or CRLF. URIs stay as they are written.
 *
 * @throws {ProtocolError} `ERR_HLS_…`: not UTF-8, no playlist, a broken tag, or a limit of `HLS_LIMITS` exceeded.
 */
export function parsePlaylist(bytes: Uint8Array): Playlist {
  const lines = readLines(bytes);
  const isMultivariant = lines.some((line) => MULTIVARIANT_TAG.test(line));
  if (!isMultivariant) return parseMediaPlaylist(lines);
  if (lines.some((line) => MEDIA_TAG.test(line))) {
    throw new ProtocolError(
      'ERR_HLS_PLAYLIST',
      'the playlist mixes tags of media and multivariant playlists',
    );
  }
  return parseMultivariantPlaylist(lines);
}

/** The lines after `#EXTM3U` that are not empty. */
function readLines(bytes: Uint8Array): string[] {
  if (bytes.length > HLS_LIMITS.playlistBytes) {
    throw new ProtocolError('ERR_HLS_PLAYLIST_TOO_LARGE', `a playlist of ${bytes.length} bytes is too large`);
  }
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new ProtocolError('ERR_HLS_NOT_UTF8', 'the playlist is not UTF-8', { cause });
  }
  const [first, ...rest] = text.split('\n', 1)[0]?.trimEnd() === '#EXTM3U' ? text.split('\n') : [];
  if (first === undefined) {
    throw new ProtocolError('ERR_HLS_NOT_A_PLAYLIST', 'the first line of a playlist must be #EXTM3U');
  }
  const lines: string[] = [];
  for (const raw of rest) {
    const line = raw.trim();
    if (line.length > HLS_LIMITS.lineLength) {
      throw new ProtocolError('ERR_HLS_LINE_TOO_LONG', `a line of ${line.length} characters is too long`);
    }
    if (line !== '') lines.push(line);
  }
  return lines;
}
