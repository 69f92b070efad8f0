import type { PublisherState, PublishFailure, PublishStats } from '@vedette/client';
import { CircleAlert, CircleDot, CirclePause, LoaderCircle, type LucideIcon } from 'lucide-react';
import type { ReactNode } from 'react';
import { formatBitrate, formatFrameRate, formatMilliseconds, secondsUntil } from '../format/format.ts';
import { messages } from '../messages/index.ts';
import { publishMessages } from '../messages/publish.ts';
import { classNames } from '../ui/class-names.ts';
import { useClock } from '../viewer/use-clock.ts';
import type { CaptureFault } from './capture.ts';

const words = publishMessages;

function failureWords(failure: PublishFailure): string {
  if (failure.kind === 'refused') return words.failures.refused(failure.reason);
  if (failure.kind === 'unavailable') return words.failures.refused(failure.reason);
  return words.failures[failure.kind];
}

const LOOKS: Readonly<Record<PublisherState['name'], { readonly icon: LucideIcon; readonly color: string }>> =
  {
    idle: { icon: CirclePause, color: 'text-muted' },
    connecting: { icon: LoaderCircle, color: 'text-muted' },
    live: { icon: CircleDot, color: 'text-ok' },
    waiting: { icon: CircleAlert, color: 'text-warn' },
    failed: { icon: CircleAlert, color: 'text-bad' },
  };

function stateWords(state: PublisherState, nowMs: number): string {
  switch (state.name) {
    case 'idle':
      return words.states.idle;
    case 'connecting':
      return state.attempt === 1 ? words.states.connecting : messages.states.connectingAttempt(state.attempt);
    case 'live':
      return words.states.live;
    case 'waiting':
      return words.states.waiting(state.attempt, secondsUntil(state.nextAttemptAtMs, nowMs));
    case 'failed':
      return words.states.failed;
  }
}

/** The state in words, read aloud as it changes. */
export function PublishStateLine({
  state,
  isAsking,
}: {
  state: PublisherState;
  isAsking: boolean;
}): ReactNode {
  const clock = useClock(state.name === 'waiting');
  const { icon: Icon, color } = LOOKS[isAsking ? 'connecting' : state.name];
  const isTurning = isAsking || state.name === 'connecting';
  return (
    <p role="status" className="flex min-w-0 items-center gap-2 text-base">
      <Icon size={16} aria-hidden className={classNames('shrink-0', color, isTurning && 'spin')} />
      <span className="min-w-0">{isAsking ? words.states.asking : stateWords(state, clock.wallMs)}</span>
    </p>
  );
}

/** What is wrong and what to do about it; nothing where nothing is. */
export function PublishFault({
  state,
  fault,
}: {
  state: PublisherState;
  fault: CaptureFault | null;
}): ReactNode {
  const hasFailed = state.name === 'failed' || state.name === 'waiting';
  const text = fault !== null ? words.faults[fault] : hasFailed ? failureWords(state.failure) : null;
  if (text === null) return null;
  return (
    <p role="alert" className="flex gap-2 rounded-md border border-line bg-raised px-3 py-2 text-small">
      <CircleAlert size={16} aria-hidden className="mt-0.5 shrink-0 text-bad" />
      <span className="min-w-0 break-words">{text}</span>
    </p>
  );
}

/** How it fares, once a second. */
export function PublishFigures({ stats }: { stats: PublishStats | undefined }): ReactNode {
  const { statistics } = messages;
  if (stats === undefined) return null;
  const { width, height, frameRate, bitrate, codec, roundTripMs, lossPercent } = stats;
  const rows: [string, string | undefined][] = [
    [statistics.bitrate, bitrate === undefined ? undefined : formatBitrate(bitrate)],
    [statistics.resolution, width === 0 ? undefined : `${width}×${height}`],
    [statistics.frameRate, frameRate === undefined ? undefined : formatFrameRate(frameRate)],
    [statistics.codec, codec],
    [statistics.roundTrip, roundTripMs === undefined ? undefined : formatMilliseconds(roundTripMs)],
    [statistics.lost, lossPercent === undefined ? undefined : `${Math.round(lossPercent)} %`],
  ];
  return (
    <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-1 text-small">
      {rows.map(([label, value]) => (
        <div key={label} className="contents">
          <dt className="text-muted">{label}</dt>
          <dd className="text-right">{value ?? statistics.unknown}</dd>
        </div>
      ))}
    </dl>
  );
}
