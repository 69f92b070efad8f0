import type { ReactNode } from 'react';
import { classNames } from '../ui/class-names.ts';

/** The sign of the product. */
export function Mark({ className }: { readonly className?: string }): ReactNode {
  return (
    <svg viewBox="0 0 24 24" className={classNames('size-6', className)} aria-hidden>
      <circle cx="12" cy="12" r="8.5" fill="none" strokeWidth="2.25" className="stroke-text" />
      <circle cx="12" cy="12" r="3.5" className="fill-accent" />
    </svg>
  );
}
