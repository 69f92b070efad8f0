import { ProtocolError } from '@vedette/media';
import assert from 'node:assert/strict';
import { createDepacketizer } from '../create-depacketizer.ts';
import type { Depacketizer, DepacketizedUnit } from '../depacketizer.ts';
import type { RtpPacket } from '../packet.ts';
import { testFormat, testPacket } from './fixtures.ts';

/** NAL units of H.264, as short as they can be. */
export const IDR = [0x65, 0x88, 1];
export const P = [0x41, 0x9a, 2];
export const SPS = [0x67, 0x64, 0];
export const PPS = [0x68, 0xee];

/** A depacketized unit, to be compared. */
export interface Outcome {
  readonly timestamp: number;
  readonly data: number[][];
  readonly followsLoss?: true;
}

export function outcome(units: readonly DepacketizedUnit[]): Outcome[] {
  return units.map(({ timestamp, data, followsLoss }) => ({
    timestamp,
    data: data.map((part) => [...part]),
    ...(followsLoss ? { followsLoss } : {}),
  }));
}

/** What becomes of `packets`; of H.264 where no depacketizer is named. */
export function run(
  packets: readonly RtpPacket[],
  depacketizer = createDepacketizer(testFormat('h264')),
): Outcome[] {
  return outcome(packets.flatMap((packet) => depacketizer.push(packet)));
}

export function rejects(depacketizer: Depacketizer, payload: readonly number[], code: string): void {
  assert.throws(
    () => depacketizer.push(testPacket({ payload: Uint8Array.from(payload) })),
    (error) => error instanceof ProtocolError && error.code === code,
  );
}
