import { backoffMs } from './backoff.ts';
import type { Attempt, PlayerEvent, PlayerModel } from './player-model.ts';
import { PROTOCOLS, type PlaybackFailure, type Protocol } from './playback.ts';

/** WebRTC has this long for its first frame before MSE is tried. */
export const WEBRTC_PATIENCE_MS = 2000;
/** MSE, before LL-HLS is. */
const MSE_PATIENCE_MS = 3000;
/** The same where there is nothing to fall back to. */
const PATIENCE_MS = 8000;
/** What played this long was well: its end starts the back-off anew, and is mended at once. */
const STEADY_MS = 5000;
/** A camera that freezes again right after a reconnect is not helped by more of them soon. */
const RESTALL_MS = 2000;
const UPGRADE_FIRST_MS = 30_000;
const UPGRADE_LAST_MS = 480_000;

/** Place in `PROTOCOLS` of what is tried after `protocol`, or -1 where nothing is. */
function fallbackFrom({ choice, obstacles }: PlayerModel, protocol: Protocol): number {
  if (choice !== 'auto') return -1;
  const place = PROTOCOLS.indexOf(protocol);
  return PROTOCOLS.findIndex((other, index) => index > place && obstacles[other] === undefined);
}

/** What to play now, or `null` when nothing can. */
function targetProtocol(model: PlayerModel, nowMs: number): Protocol | null {
  const { choice, obstacles, fallback } = model;
  if (choice !== 'auto') return obstacles[choice] === undefined ? choice : null;
  const possible = PROTOCOLS.filter((protocol) => obstacles[protocol] === undefined);
  const from = fallback === null || nowMs >= fallback.tryAgainAtMs ? 0 : fallback.from;
  return possible.find((protocol) => PROTOCOLS.indexOf(protocol) >= from) ?? possible[0] ?? null;
}

function deadlineMs(model: PlayerModel): number | null {
  const { next } = model;
  // The gateway is still connecting the camera: that time is not the network's.
  if (next === null || model.condition === 'pending') return null;
  const isLast = fallbackFrom(model, next.protocol) === -1;
  const patienceMs = next.protocol === 'webrtc' ? WEBRTC_PATIENCE_MS : MSE_PATIENCE_MS;
  return next.startedAtMs + (isLast ? PATIENCE_MS : patienceMs);
}

/** When `tick` is due, or `null` when only another event changes anything. */
export function nextWakeMs(model: PlayerModel): number | null {
  if (!model.isWanted) return null;
  const isOnFallback =
    model.current !== null && PROTOCOLS.some((other) => other !== model.protocol && isBetter(model, other));
  const times = [
    deadlineMs(model),
    model.next === null && model.condition !== 'pending' ? model.retryAtMs : null,
    isOnFallback ? (model.fallback?.tryAgainAtMs ?? null) : null,
  ].filter((time) => time !== null);
  return times.length === 0 ? null : Math.min(...times);
}

/** Whether `other` would be played if it got through. */
function isBetter({ obstacles, protocol }: PlayerModel, other: Protocol): boolean {
  const isBefore = protocol !== null && PROTOCOLS.indexOf(other) < PROTOCOLS.indexOf(protocol);
  return isBefore && obstacles[other] === undefined;
}

function failedAgain(model: PlayerModel, nowMs: number): PlayerModel {
  const failures = model.failures + 1;
  return { ...model, failures, retryAtMs: nowMs + backoffMs(failures) };
}

/** A way to the pictures failed that may well work for another protocol. */
function failedOver(model: PlayerModel, protocol: Protocol, nowMs: number): PlayerModel {
  const from = fallbackFrom(model, protocol);
  if (from !== -1) {
    // What stands further down the list has failed since the first of it did: no reason to wait longer.
    const { fallback } = model;
    if (fallback !== null && nowMs < fallback.tryAgainAtMs) {
      return { ...model, retryAtMs: null, fallback: { ...fallback, from } };
    }
    const count = (fallback?.count ?? 0) + 1;
    const delayMs = Math.min(UPGRADE_LAST_MS, UPGRADE_FIRST_MS * 2 ** (count - 1));
    return { ...model, retryAtMs: null, fallback: { from, count, tryAgainAtMs: nowMs + delayMs } };
  }
  // The last of them failed too: the first gets its turn again.
  return failedAgain({ ...model, fallback: null }, nowMs);
}

function attemptFailed(
  model: PlayerModel,
  { protocol }: Attempt,
  failure: PlaybackFailure,
  nowMs: number,
): PlayerModel {
  const failed: PlayerModel = { ...model, next: null, lastFailure: failure };
  switch (failure.kind) {
    case 'unsupported':
      return { ...failed, obstacles: { ...model.obstacles, [protocol]: failure.obstacle } };
    case 'forbidden':
    case 'notFound':
      return { ...failed, refusal: failure.kind };
    case 'unreachable':
    case 'offline':
      return failedAgain(failed, nowMs);
    case 'timeout':
    case 'lost':
    case 'refused':
      return failedOver(failed, protocol, nowMs);
  }
}

function currentFailed(model: PlayerModel, failure: PlaybackFailure, nowMs: number): PlayerModel {
  const { current } = model;
  if (current === null) return model;
  const ended: PlayerModel = { ...model, current: null, lastFailure: failure };
  if (failure.kind === 'forbidden' || failure.kind === 'notFound') return { ...ended, refusal: failure.kind };
  // A stall before it has set the time of the next attempt.
  if (current.isStalled) return ended;
  if (nowMs - current.firstFrameAtMs < STEADY_MS) return failedAgain(ended, nowMs);
  return { ...ended, failures: 0, retryAtMs: null };
}

function failure(model: PlayerModel, serial: number, reason: PlaybackFailure, nowMs: number): PlayerModel {
  if (model.next?.serial === serial) return attemptFailed(model, model.next, reason, nowMs);
  if (model.current?.serial === serial) return currentFailed(model, reason, nowMs);
  return model;
}

function stall(model: PlayerModel, serial: number, isStalled: boolean, nowMs: number): PlayerModel {
  const { current } = model;
  if (current?.serial !== serial || current.isStalled === isStalled) return model;
  if (!isStalled) return { ...model, current: { ...current, isStalled } };
  const isSteady = nowMs - current.firstFrameAtMs >= STEADY_MS;
  const stalled: PlayerModel = {
    ...model,
    current: { ...current, isStalled },
    lastFailure: { kind: 'lost' },
  };
  if (isSteady) return { ...stalled, failures: 0, retryAtMs: null };
  const failures = model.failures + 1;
  return { ...stalled, failures, retryAtMs: nowMs + Math.max(RESTALL_MS, backoffMs(failures)) };
}

function isFirstChoice({ obstacles }: PlayerModel, protocol: Protocol): boolean {
  return PROTOCOLS.find((other) => obstacles[other] === undefined) === protocol;
}

function firstFrame(model: PlayerModel, serial: number, nowMs: number): PlayerModel {
  const { next } = model;
  if (next?.serial !== serial) return model;
  return {
    ...model,
    current: { ...next, firstFrameAtMs: nowMs, isStalled: false },
    next: null,
    lastFailure: null,
    retryAtMs: null,
    fallback: isFirstChoice(model, next.protocol) ? null : model.fallback,
  };
}

function cameraChanged(
  model: PlayerModel,
  { condition, obstacles = model.obstacles }: Extract<PlayerEvent, { type: 'camera' }>,
  nowMs: number,
): PlayerModel {
  // What was begun before anything was known has no part in the camera's being connected.
  const isTooEarly = model.condition === 'unknown' && condition === 'pending';
  const changed: PlayerModel = { ...model, condition, obstacles, next: isTooEarly ? null : model.next };
  const isBack = condition === 'ready' && (model.condition === 'pending' || model.condition === 'absent');
  if (!isBack) return changed;
  const next = model.next === null ? null : { ...model.next, startedAtMs: nowMs };
  return { ...changed, next, failures: 0, retryAtMs: null };
}

function tick(model: PlayerModel, nowMs: number): PlayerModel {
  const deadline = deadlineMs(model);
  if (model.next === null || deadline === null || nowMs < deadline) return model;
  return attemptFailed(model, model.next, { kind: 'timeout' }, nowMs);
}

const FRESH = { failures: 0, retryAtMs: null, lastFailure: null, refusal: null } as const;

function apply(model: PlayerModel, event: PlayerEvent, nowMs: number): PlayerModel {
  switch (event.type) {
    case 'start':
      return { ...model, isWanted: true, failures: 0, retryAtMs: null };
    case 'stop':
      return { ...model, isWanted: false };
    case 'choose':
      return { ...model, ...FRESH, choice: event.choice, fallback: null };
    case 'retry':
      return { ...model, ...FRESH };
    case 'camera':
      return cameraChanged(model, event, nowMs);
    case 'firstFrame':
      return firstFrame(model, event.serial, nowMs);
    case 'stall':
      return stall(model, event.serial, event.isStalled, nowMs);
    case 'failure':
      return failure(model, event.serial, event.failure, nowMs);
    case 'tick':
      return tick(model, nowMs);
  }
}

function isWaiting({ condition, retryAtMs }: PlayerModel, nowMs: number): boolean {
  return condition === 'pending' || (retryAtMs !== null && nowMs < retryAtMs);
}

/** Opens, keeps or drops playbacks so that they fit what was decided. */
function settle(changed: PlayerModel, nowMs: number): PlayerModel {
  const protocol = targetProtocol(changed, nowMs);
  const model = { ...changed, protocol };
  const isIdle = !model.isWanted || model.condition === 'absent' || model.refusal !== null;
  if (isIdle || protocol === null) return { ...model, current: null, next: null, retryAtMs: null };

  const { current } = model;
  const isWell = current?.isStalled === false && current.protocol === protocol;
  if (isWell) return { ...model, next: null, retryAtMs: null };
  if (model.next?.protocol === protocol) return model;
  if (isWaiting(model, nowMs)) return { ...model, next: null };
  const serial = model.lastSerial + 1;
  return { ...model, lastSerial: serial, next: { serial, protocol, startedAtMs: nowMs }, retryAtMs: null };
}

/**
 * The model after `event` at `nowMs` (any clock that only goes forward). Events of playbacks that
 * are no longer in it change nothing.
 *
 * `auto` plays WebRTC; after `WEBRTC_PATIENCE_MS` without a frame, or at once where WebRTC can't carry
 * the codec, MSE; where that does not get through either, LL-HLS. From there it looks for what is before it
 * again after 30 s, then ever less often, and swaps when that gives its first frame. While the gateway itself does not answer, it waits instead.
 */
export function step(model: PlayerModel, event: PlayerEvent, nowMs: number): PlayerModel {
  return settle(apply(model, event, nowMs), nowMs);
}
