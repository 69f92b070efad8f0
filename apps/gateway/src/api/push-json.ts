import type { Push as PushJson, PushState as StateJson } from '@vedette/contract';
import type { Push, PushState } from '../push/push.ts';
import { redactDestination } from '../push/redact-destination.ts';

function instant(ms: number): string {
  return new Date(ms).toISOString();
}

function stateJson(state: PushState): StateJson {
  const since = instant(state.sinceMs);
  switch (state.name) {
    case 'idle':
      return { name: 'idle', since, reason: state.reason };
    case 'connecting':
      return { name: 'connecting', since, attempt: state.attempt };
    case 'live':
      return { name: 'live', since };
    case 'failed': {
      const { code, reason, attempt, nextAttemptMs } = state;
      const nextAttemptAt = nextAttemptMs === undefined ? null : instant(nextAttemptMs);
      return { name: 'failed', since, code, reason, attempt, nextAttemptAt };
    }
  }
}

/** A push as the API shows it: never its stream key or password. */
export function pushJson(push: Push): PushJson {
  const { id, cameraId, config, isOn, origin, state, totals } = push;
  return {
    id,
    cameraId,
    to: redactDestination(config.to),
    quality: config.quality ?? null,
    when: config.when,
    enabled: isOn,
    origin,
    state: stateJson(state),
    ...totals,
  };
}
