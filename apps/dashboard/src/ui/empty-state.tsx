import type { LucideIcon } from 'lucide-react';
import type { ReactNode } from 'react';

export interface EmptyStateProps {
  readonly icon: LucideIcon;
  readonly title: string;
  readonly text: string;
  /** The one thing to do, and what helps to do it. */
  readonly children?: ReactNode;
}

/** What stands in place of a page's content: what it is for, and the one action to start. */
export function EmptyState({ icon: Icon, title, text, children }: EmptyStateProps): ReactNode {
  return (
    <div className="flex h-full flex-col items-center justify-center overflow-auto px-6 py-8 text-center">
      <div className="mb-4 flex size-12 items-center justify-center rounded-full bg-hover text-muted">
        <Icon size={24} strokeWidth={1.5} aria-hidden />
      </div>
      <h1 className="text-large font-semibold text-balance">{title}</h1>
      <p className="mt-2 max-w-md text-base text-pretty text-muted">{text}</p>
      {children !== undefined && (
        <div className="mt-6 flex max-w-full flex-col items-center gap-4">{children}</div>
      )}
    </div>
  );
}
