/** The value below which the part `share` of `values` lies; NaN of none. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

/** What is measured against its targets, in milliseconds. */
export interface Figure {
  readonly name: string;
  readonly values: readonly number[];
  readonly targetMedian?: number;
  readonly targetP95?: number;
}

/** One line of the table that people read. */
export function row({ name, values, targetMedian, targetP95 }: Figure): Record<string, string> {
  const against = (share: number, target: number | undefined): string => {
    const value = quantile(values, share);
    if (target === undefined) return value.toFixed(0);
    return `${value.toFixed(0)} (target ${target}${value <= target ? '' : ', missed'})`;
  };
  return {
    'in ms': name,
    least: quantile(values, 0).toFixed(0),
    median: against(0.5, targetMedian),
    p95: against(0.95, targetP95),
    most: quantile(values, 1).toFixed(0),
    measured: String(values.length),
  };
}

/** The same as soon as it is known. */
export function sentence({ name, values }: Figure): string {
  const [least, median, p95, most] = [0, 0.5, 0.95, 1].map((share) => quantile(values, share).toFixed(0));
  return `${name}: ${least} … ${median} … ${p95} (p95) … ${most} ms, ${values.length} measured`;
}
