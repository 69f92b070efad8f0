/**
 * Names of what a muxer serves, relative to its playlist. `run` is the muxer's own, so that no name ever
 * means two things, across restarts included, and everything may be cached for good.
 */
export interface Resource {
  readonly type: 'init' | 'segment' | 'part' | 'gap';
  readonly run: number;
  /** Counted from 0 within the run, each type on its own; gaps backwards from the first segment, which follows gap 1. */
  readonly index: number;
}

const PREFIXES = { init: 'i', segment: 's', part: 'p', gap: 'g' } as const;

export function resourceName({ type, run, index }: Resource): string {
  return `${PREFIXES[type]}${run}-${index}.mp4`;
}

/** The inverse; `undefined` for a name that no muxer gives. */
export function parseResourceName(name: string): Resource | undefined {
  const [, prefix, run, index] = /^([ispg])(\d{1,15})-(\d{1,15})\.mp4$/.exec(name) ?? [];
  const type =
    prefix === undefined ? undefined : ({ i: 'init', s: 'segment', p: 'part', g: 'gap' } as const)[prefix];
  return type === undefined ? undefined : { type, run: Number(run), index: Number(index) };
}
