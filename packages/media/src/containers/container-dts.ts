import type { AccessUnit } from '../access-unit.ts';

/**
 * Chooses the decoding times of one video track. The container knows them and the assembler derives them from the
 * order of the pictures: the container's are taken as long as they are in order and none lies behind its
 * presentation time, as files with negative composition offsets have it, and some cameras.
 */
export class ContainerDts {
  #isTrusted = true;
  #last = Number.NEGATIVE_INFINITY;

  /**
   * @param unit from the assembler
   * @param pts as the container says; so is `dts`
   */
  apply(unit: AccessUnit, pts: number, dts: number): AccessUnit {
    if (this.#isTrusted && (dts > pts || dts < this.#last)) this.#isTrusted = false;
    this.#last = this.#isTrusted ? dts : Math.max(unit.dts, this.#last);
    return {
      ...unit,
      dts: this.#last,
      pts: Math.max(this.#isTrusted ? pts : unit.pts, this.#last),
    };
  }
}
