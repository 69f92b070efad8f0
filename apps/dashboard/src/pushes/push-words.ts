import type { Push } from '@vedette/contract';
import { formatBytes, formatMoment } from '../format/format.ts';
import { messages } from '../messages/index.ts';

const words = messages.pushes.states;

/** What a push does, in words; `nowMs` counts down to the next attempt. */
export function pushWords({ state, bytes }: Pick<Push, 'state' | 'bytes'>, nowMs: number): string {
  switch (state.name) {
    case 'live':
      return words.live(formatMoment(Date.parse(state.since), nowMs), formatBytes(bytes));
    case 'connecting':
      return state.attempt > 1 ? words.connectingAttempt(state.attempt) : words.connecting;
    case 'idle':
      return words[state.reason];
    case 'failed': {
      if (state.nextAttemptAt === null) return words.failed(state.reason);
      const seconds = Math.max(0, Math.ceil((Date.parse(state.nextAttemptAt) - nowMs) / 1000));
      return words.failedNext(state.reason, seconds);
    }
  }
}
