import { useSyncExternalStore } from 'react';
import type { Clock } from './state-words.ts';

const TICK_MS = 1000;

function read(): Clock {
  return { wallMs: Date.now(), monotonicMs: performance.now() };
}

/** One reading serves all who ask within this time, so that what they say agrees. */
const READING_MS = 200;

let reading = read();

function current(): Clock {
  if (performance.now() - reading.monotonicMs >= READING_MS) reading = read();
  return reading;
}

function tick(listener: () => void): () => void {
  const timer = setInterval(listener, TICK_MS);
  return () => clearInterval(timer);
}

function still(): () => void {
  return () => undefined;
}

/** The time, to the second. While `isTicking` the component renders again every second. */
export function useClock(isTicking: boolean): Clock {
  return useSyncExternalStore(isTicking ? tick : still, current);
}
