import type { SourceReport, SourceTrack, SourceWarning } from '@vedette/contract';

/** Viewers who come in the middle of a GOP wait, and recordings seek, by this at most. */
const LONG_GOP_SECONDS = 4;
/** A declared frame rate that is further off misleads players. */
const FRAME_RATE_TOLERANCE = 0.1;
const CLOCK_TOLERANCE_MS = 2000;

/** What in a report will hurt, and whom. */
export function sourceWarnings(report: Omit<SourceReport, 'warnings'>): SourceWarning[] {
  const video = report.tracks.find(({ kind }) => kind === 'video');
  return [
    ...(video === undefined
      ? [warning('NO_VIDEO', 'There is no video that can be used.')]
      : videoWarnings(video)),
    ...mediaWarnings(report),
    ...clockWarnings(report),
    ...lossWarnings(report),
  ];
}

function warning(code: SourceWarning['code'], message: string): SourceWarning {
  return { code, message };
}

function videoWarnings({
  codec,
  gop,
  reorderDepth = 0,
  frameRate,
  measuredFrameRate,
}: SourceTrack): SourceWarning[] {
  const warnings: SourceWarning[] = [];
  if (reorderDepth > 0) {
    warnings.push(
      warning(
        'B_FRAMES',
        'The video has B-frames, which WebRTC cannot carry: the pictures are coded anew for it, at the cost of processor time. Switch them off in the camera, or choose the Baseline profile.',
      ),
    );
  }
  if (gop !== undefined && gop.seconds > LONG_GOP_SECONDS) {
    const length = gop.isComplete ? `only every ${gop.seconds} s` : `not even every ${gop.seconds} s`;
    warnings.push(
      warning(
        'LONG_GOP',
        `A key picture comes ${length}: after a loss the picture stands still that long, and HLS segments grow. Set the camera's I-frame interval to 1 or 2 s.`,
      ),
    );
  }
  if (codec === 'h265') {
    warnings.push(
      warning(
        'H265',
        'The video is H.265, which many browsers cannot play. Choose H.264 for viewing in browsers.',
      ),
    );
  }
  const isOff =
    frameRate !== undefined &&
    measuredFrameRate !== undefined &&
    Math.abs(measuredFrameRate - frameRate) > frameRate * FRAME_RATE_TOLERANCE;
  if (isOff) {
    warnings.push(
      warning(
        'FRAME_RATE',
        `The video declares ${Number(frameRate.toFixed(2))} pictures a second and has ${measuredFrameRate}.`,
      ),
    );
  }
  return warnings;
}

/** Metadata and the way to the camera's loudspeaker are not missed by anybody who watches. */
function mediaWarnings({ unsupported }: Pick<SourceReport, 'unsupported'>): SourceWarning[] {
  return unsupported.flatMap(({ kind, encoding, reason }) => {
    if (reason === 'back-channel' || (kind !== 'video' && kind !== 'audio')) return [];
    const code = kind === 'video' ? 'UNSUPPORTED_VIDEO' : 'UNSUPPORTED_AUDIO';
    const cause = reason === 'codec' ? 'is not supported' : 'has parameters that cannot be used';
    const advice = kind === 'video' ? 'Choose H.264.' : 'Choose AAC, Opus or G.711.';
    return [warning(code, `The ${kind} ${encoding} ${cause} and is left out. ${advice}`)];
  });
}

function clockWarnings({ clock }: Pick<SourceReport, 'clock'>): SourceWarning[] {
  if (clock.source === 'arrival') {
    return [
      warning(
        'NO_SENDER_REPORTS',
        'The camera does not say what time its pictures were taken (no RTCP sender reports): the time of their arrival is used.',
      ),
    ];
  }
  const offsetMs = clock.offsetMs ?? 0;
  if (Math.abs(offsetMs) <= CLOCK_TOLERANCE_MS) return [];
  const seconds = Math.abs(offsetMs / 1000).toFixed(1);
  const direction = offsetMs > 0 ? 'ahead of' : 'behind';
  return [
    warning(
      'CLOCK_OFF',
      `The camera's clock is ${seconds} s ${direction} this machine's: let both set theirs by NTP, or recordings carry wrong times.`,
    ),
  ];
}

function lossWarnings(
  report: Pick<SourceReport, 'lostPackets' | 'damagedPictures' | 'transport'>,
): SourceWarning[] {
  const { lostPackets, damagedPictures, transport } = report;
  if (lostPackets === 0) return [];
  const advice =
    transport === 'udp'
      ? 'Use TCP, or look after the network.'
      : 'The camera drops what the network does not take: lower its bitrate, or look after the network.';
  return [
    warning(
      'PACKET_LOSS',
      `${lostPackets} packets were lost, ${damagedPictures} pictures with them. ${advice}`,
    ),
  ];
}
