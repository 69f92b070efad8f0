import type { ReactNode } from 'react';
import { classNames } from './class-names.ts';

export interface SearchFieldProps {
  /** Read aloud, and shown while it is empty. */
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly className?: string;
}

/** Narrows down a list that is on the page. */
export function SearchField({ label, value, onChange, className }: SearchFieldProps): ReactNode {
  return (
    <input
      type="search"
      aria-label={label}
      placeholder={label}
      value={value}
      onChange={(event) => onChange(event.target.value)}
      className={classNames(
        'h-8 w-48 min-w-0 rounded-md border border-line bg-canvas px-2 text-base placeholder:text-muted pointer-coarse:h-10',
        className,
      )}
    />
  );
}
