import type { CameraPlayer, PlaybackStats } from '@vedette/client';
import type { ReactNode } from 'react';
import { formatBitrate, formatFrameRate, formatMilliseconds } from '../format/format.ts';
import { messages } from '../messages/index.ts';
import { useStats } from './use-player.ts';

const words = messages.statistics;

function shown<Value>(value: Value | undefined, format: (value: Value) => string): string {
  return value === undefined ? words.unknown : format(value);
}

function rows(stats: PlaybackStats): [label: string, value: string][] {
  const { protocol, width, height, droppedFrames, lostPackets } = stats;
  return [
    [words.protocol, messages.protocols[protocol]],
    [words.codec, stats.codec ?? words.unknown],
    [words.resolution, width === 0 ? words.unknown : `${width}×${height}`],
    [words.frameRate, shown(stats.frameRate, formatFrameRate)],
    [words.bitrate, shown(stats.bitrate, formatBitrate)],
    [words.latency, shown(stats.latencyMs, formatMilliseconds)],
    ...(protocol === 'webrtc'
      ? ([[words.roundTrip, shown(stats.roundTripMs, formatMilliseconds)]] as [string, string][])
      : []),
    [words.dropped, words.frames(droppedFrames)],
    ...(lostPackets === undefined ? [] : ([[words.lost, String(lostPackets)]] as [string, string][])),
  ];
}

/** What arrives and how, read once a second while it is shown. */
export function StatsOverlay({ player }: { player: CameraPlayer }): ReactNode {
  const stats = useStats(player);
  return (
    <dl className="pointer-events-none absolute top-2 right-2 grid grid-cols-[auto_auto] gap-x-4 rounded-md bg-scrim px-3 py-2 text-small text-on-video @max-[260px]/viewer:gap-x-2 @max-[260px]/viewer:px-2 @max-[260px]/viewer:leading-4">
      {stats === null ? (
        <>
          <dt className="text-on-video-muted">{words.protocol}</dt>
          <dd>{words.unknown}</dd>
        </>
      ) : (
        rows(stats).map(([label, value]) => (
          <div key={label} className="contents">
            <dt className="text-on-video-muted">{label}</dt>
            <dd className="text-right">{value}</dd>
          </div>
        ))
      )}
    </dl>
  );
}
