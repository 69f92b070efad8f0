import type { ReactNode } from 'react';

/** The name of a page, and what can be done on it. */
export function PageHeader({
  title,
  children,
}: {
  readonly title: string;
  readonly children?: ReactNode;
}): ReactNode {
  return (
    <header className="flex min-h-12 shrink-0 flex-wrap items-center gap-3 px-4 py-2 md:pl-2">
      <h1 className="flex-1 text-title font-semibold whitespace-nowrap">{title}</h1>
      {children}
    </header>
  );
}
