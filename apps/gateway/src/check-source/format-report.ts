import type { SourceReport, SourceTrack } from '@vedette/contract';

const CODEC_NAMES: Readonly<Record<SourceTrack['codec'], string>> = {
  h264: 'H.264',
  h265: 'H.265',
  aac: 'AAC',
  opus: 'Opus',
  pcmu: 'G.711 µ-law',
  pcma: 'G.711 A-law',
  av1: 'AV1',
  vp9: 'VP9',
  vp8: 'VP8',
  mjpeg: 'Motion JPEG',
  mpa: 'MPEG audio',
};

/** A report as text for a terminal, ending in a line feed. */
export function formatReport(report: SourceReport): string {
  const { address, server, transport, firstUnitMs } = report;
  const lines = [
    `${address}${server === null ? '' : ` (${server})`}`,
    `by ${transport === 'program' ? 'a program' : transport.toUpperCase()}, first picture after ${firstUnitMs} ms`,
    '',
    ...report.tracks.flatMap((track) => (track.kind === 'video' ? videoLines(track) : audioLines(track))),
    ...report.unsupported.map(({ kind, encoding, reason }) =>
      field('left out', `${kind} ${encoding} (${reason})`),
    ),
    field('clock', clockText(report)),
    field('loss', report.lostPackets === 0 ? 'none' : lossText(report)),
    '',
    ...warningLines(report),
  ];
  return `${lines.join('\n')}\n`;
}

function field(name: string, text: string): string {
  return `  ${name.padEnd(8)}  ${text}`;
}

function videoLines(track: SourceTrack): string[] {
  const {
    codec,
    profile = '',
    level = '',
    width = 0,
    height = 0,
    frameRate,
    measuredFrameRate,
    bitrate,
  } = track;
  const rate = measuredFrameRate === undefined ? '? fps' : `${measuredFrameRate} fps`;
  const declared = frameRate === undefined ? 'declares none' : `declares ${Number(frameRate.toFixed(2))}`;
  return [
    field(
      'video',
      `${CODEC_NAMES[codec]} ${profile} ${level}, ${width}×${height}, ${rate} (${declared}), ${bits(bitrate)}`,
    ),
    field('', `${gopText(track)}, ${(track.reorderDepth ?? 0) > 0 ? 'B-frames' : 'no B-frames'}`),
  ];
}

function gopText({ gop }: SourceTrack): string {
  if (gop === undefined) return 'no key picture';
  const length = `${gop.pictures} pictures (${gop.seconds} s)`;
  return gop.isComplete ? `key picture every ${length}` : `no second key picture within ${length}`;
}

function audioLines({ codec, sampleRate = 0, channels = 0, bitrate }: SourceTrack): string[] {
  const layout = channels === 1 ? 'mono' : channels === 2 ? 'stereo' : `${channels} channels`;
  return [field('audio', `${CODEC_NAMES[codec]}, ${sampleRate / 1000} kHz ${layout}, ${bits(bitrate)}`)];
}

function clockText({ clock }: SourceReport): string {
  if (clock.offsetMs === null) return 'arrival (the camera sends no sender reports)';
  const { offsetMs } = clock;
  return `sender reports, ${Math.abs(offsetMs)} ms ${offsetMs > 0 ? 'ahead of' : 'behind'} this machine`;
}

function lossText({ lostPackets, damagedPictures }: SourceReport): string {
  return `${lostPackets} packets, ${damagedPictures} pictures`;
}

function bits(perSecond: number): string {
  return perSecond >= 1e6
    ? `${(perSecond / 1e6).toFixed(2)} Mbit/s`
    : `${Math.round(perSecond / 1000)} kbit/s`;
}

function warningLines({ warnings }: SourceReport): string[] {
  if (warnings.length === 0) return ['Nothing to warn of.'];
  return ['Warnings', ...warnings.map(({ code, message }) => `  ${code}: ${message}`)];
}
