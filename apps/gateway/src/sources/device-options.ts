import { SourceError } from '../cameras/source.ts';

/** The options of an address of a device of this machine: `v4l2:/dev/video0?size=1280x720&fps=30`. */
export class DeviceOptions {
  readonly #values = new Map<string, string>();

  /**
   * @param query what stands behind the `?`, without it
   * @param known the options that there are
   * @throws {SourceError} `ERR_DEVICE_OPTION`: it has another one.
   */
  constructor(query: string, known: readonly string[]) {
    for (const [name, value] of new URLSearchParams(query)) {
      if (!known.includes(name))
        throw optionError(`there is no option "${shown(name)}": ${known.join(', ')}`);
      this.#values.set(name, value);
    }
  }

  text(name: string): string | undefined {
    return this.#values.get(name);
  }

  /** @throws {SourceError} it is not `640x480` or the like. */
  size(name: string): { readonly width: number; readonly height: number } | undefined {
    const value = this.#values.get(name);
    if (value === undefined) return undefined;
    const [, width, height] = /^(\d{1,5})x(\d{1,5})$/.exec(value) ?? [];
    const size = { width: Number(width), height: Number(height) };
    const isSize = [size.width, size.height].every((length) => length >= 16 && length <= 8192);
    if (!isSize) throw optionError(`${name} has to be like 1280x720, 16 to 8192 each`);
    return size;
  }

  /** @throws {SourceError} it is no whole number from `min` to `max`. */
  whole(name: string, min: number, max: number): number | undefined {
    const value = this.#values.get(name);
    if (value === undefined) return undefined;
    const number = /^\d{1,10}$/.test(value) ? Number(value) : Number.NaN;
    if (!(number >= min && number <= max)) throw optionError(`${name} has to be ${min} to ${max}`);
    return number;
  }

  /** @throws {SourceError} it is none of `choices`. */
  choice<Choice extends string>(name: string, choices: readonly Choice[]): Choice | undefined {
    const value = this.#values.get(name);
    if (value === undefined) return undefined;
    const found = choices.find((choice) => choice === value);
    if (found === undefined) throw optionError(`${name} has to be one of ${choices.join(', ')}`);
    return found;
  }
}

function optionError(what: string): SourceError {
  return new SourceError('ERR_DEVICE_OPTION', what, { isPermanent: true });
}

function shown(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?').slice(0, 40);
}
