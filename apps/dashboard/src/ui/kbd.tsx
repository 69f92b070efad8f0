import type { ReactNode } from 'react';

export function Kbd({ children }: { children: ReactNode }): ReactNode {
  return (
    <kbd className="inline-flex h-5 min-w-5 items-center justify-center rounded bg-hover px-1.5 font-sans text-small text-text">
      {children}
    </kbd>
  );
}
