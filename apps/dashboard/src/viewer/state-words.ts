import { formatFrameRate, formatMoment, secondsUntil } from '../format/format.ts';
import { messages } from '../messages/index.ts';
import type { ViewerState } from './viewer-state.ts';

const { states, details, hints } = messages;

/** The clocks that words need: states carry moments, people read distances. */
export interface Clock {
  /** `Date.now()`. */
  readonly wallMs: number;
  /** `performance.now()`. */
  readonly monotonicMs: number;
}

function connectingWords(state: Extract<ViewerState, { name: 'connecting' }>, clock: Clock): string {
  const { attempt, nextAttemptAtMs } = state;
  if (nextAttemptAtMs !== null) {
    return states.connectingNext(attempt, secondsUntil(nextAttemptAtMs, clock.monotonicMs));
  }
  return attempt > 1 ? states.connectingAttempt(attempt) : states.connecting;
}

/** The state in a few words. */
export function stateWords(state: ViewerState, clock: Clock): string {
  switch (state.name) {
    case 'degraded':
      return states.degraded(formatFrameRate(state.frameRate), formatFrameRate(state.normalFrameRate));
    case 'connecting':
      return connectingWords(state, clock);
    case 'offline':
      return states.offline(formatMoment(state.sinceMs, clock.wallMs));
    case 'unsupported':
      return state.obstacle.codec === undefined
        ? states.unsupported
        : states.unsupportedCodec(state.obstacle.codec);
    case 'live':
    case 'waiting':
    case 'forbidden':
    case 'missing':
    case 'paused':
      return states[state.name];
  }
}

function obstacleWords({ obstacle }: Extract<ViewerState, { name: 'unsupported' }>): string {
  switch (obstacle.kind) {
    case 'codec':
      return obstacle.codec === undefined ? details.unknownCodec : details.codec(obstacle.codec);
    case 'reorderedPictures':
      return details.reordered;
    case 'browser':
      return details.browser;
    case 'disabled':
      return details.disabled;
  }
}

function connectingDetail({ who, cause }: Extract<ViewerState, { name: 'connecting' }>): string | undefined {
  if (who === 'gateway') return details.connectingCamera;
  switch (cause) {
    case 'unreachable':
      return details.unreachable;
    case 'timeout':
      return details.timeout;
    case 'lost':
      return details.lostConnection;
    case null:
      return undefined;
  }
}

function asSentence(text: string): string {
  return text.charAt(0).toLocaleUpperCase() + text.slice(1);
}

/** One sentence: why it is so. */
export function stateReason(state: ViewerState): string | undefined {
  switch (state.name) {
    case 'offline':
      return asSentence(state.reason);
    case 'connecting':
      return connectingDetail(state);
    case 'unsupported':
      return obstacleWords(state);
    case 'waiting':
      return details.waiting;
    case 'forbidden':
    case 'missing':
      return details[state.name];
    case 'live':
    case 'degraded':
    case 'paused':
      return undefined;
  }
}

/** What to do about it, and what happens by itself. */
export function stateHint(state: ViewerState, clock: Clock): string | undefined {
  if (state.name !== 'offline') return undefined;
  const { code, nextAttemptAtMs } = state;
  const next =
    nextAttemptAtMs === null
      ? details.needsConfiguration
      : nextAttemptAtMs > clock.wallMs
        ? details.nextAttempt(secondsUntil(nextAttemptAtMs, clock.wallMs))
        : details.attempting;
  const hint = hints[code];
  return hint === undefined ? next : `${hint} ${next}`;
}

/** Whether the words change by themselves as time goes by. */
export function isTicking(state: ViewerState): boolean {
  return (state.name === 'connecting' || state.name === 'offline') && state.nextAttemptAtMs !== null;
}
