import {
  CircleAlert,
  CircleDot,
  CirclePause,
  CircleSlash,
  LoaderCircle,
  Lock,
  Radio,
  VideoOff,
  type LucideIcon,
} from 'lucide-react';
import type { ReactNode } from 'react';
import { classNames } from '../ui/class-names.ts';
import { isTicking, stateWords } from './state-words.ts';
import { useClock } from './use-clock.ts';
import type { ViewerState } from './viewer-state.ts';

interface Look {
  readonly icon: LucideIcon;
  readonly page: string;
  readonly video: string;
}

const QUIET = { page: 'text-muted', video: 'text-on-video-muted' } as const;
const WARN = { page: 'text-warn', video: 'text-on-video-warn' } as const;
const BAD = { page: 'text-bad', video: 'text-on-video-bad' } as const;

const LOOKS: Readonly<Record<ViewerState['name'], Look>> = {
  live: { icon: CircleDot, page: 'text-ok', video: 'text-on-video-ok' },
  degraded: { icon: CircleAlert, ...WARN },
  connecting: { icon: LoaderCircle, ...QUIET },
  offline: { icon: VideoOff, ...BAD },
  waiting: { icon: Radio, ...QUIET },
  unsupported: { icon: CircleSlash, ...WARN },
  forbidden: { icon: Lock, ...WARN },
  missing: { icon: CircleSlash, ...BAD },
  paused: { icon: CirclePause, ...QUIET },
};

export interface StateIconProps {
  readonly state: ViewerState;
  readonly on: 'page' | 'video';
  readonly size: number;
}

/** The state's icon in its colour; words stand beside it, always. */
export function StateIcon({ state, on, size }: StateIconProps): ReactNode {
  const look = LOOKS[state.name];
  const Icon = look.icon;
  const isTurning = state.name === 'connecting' && state.nextAttemptAtMs === null;
  return (
    <Icon
      size={size}
      strokeWidth={size > 20 ? 1.5 : 2}
      aria-hidden
      className={classNames('shrink-0', look[on], isTurning && 'spin')}
    />
  );
}

export interface StateBadgeProps {
  readonly state: ViewerState;
  /** What it stands on. */
  readonly on: 'page' | 'video';
}

/** Icon and words of a state. */
export function StateBadge({ state, on }: StateBadgeProps): ReactNode {
  const clock = useClock(isTicking(state));
  return (
    <span
      className={classNames(
        'flex min-w-0 items-center gap-1.5 text-small',
        on === 'video' ? 'text-on-video-muted' : 'text-muted',
      )}
    >
      <StateIcon state={state} on={on} size={14} />
      <span className="truncate">{stateWords(state, clock)}</span>
    </span>
  );
}
