import type { AccessUnit } from '../../access-unit.ts';
import type { ProtocolError } from '../../errors.ts';

/** What the reader of an elementary stream hands over. */
export interface ElementaryOutput {
  onUnit(unit: AccessUnit): void;
  /** A picture or frame was given up; `error` says why, where its bytes were all there. */
  onDamage(error?: ProtocolError): void;
}

/** Makes access units of the payloads of PES packets. Times are in ticks of 90 kHz, unwrapped and joined. */
export interface ElementaryReader {
  /** @param pts `undefined` where the packet has no timestamp; then `dts` is, too. */
  push(payload: Uint8Array, pts: number | undefined, dts: number | undefined): void;
  /** A packet in front of the next one is missing. */
  damage(): void;
  /** Nothing more comes. */
  flush(): void;
}
