import type { UseQueryResult } from '@tanstack/react-query';
import { Unplug } from 'lucide-react';
import type { ReactNode } from 'react';
import { messages } from '../messages/index.ts';
import { Button } from './button.tsx';
import { EmptyState } from './empty-state.tsx';
import { PageHeader } from './page-header.tsx';
import { useTitle } from './use-title.ts';

export interface ListPageProps<Item> {
  readonly title: string;
  readonly query: Pick<UseQueryResult<readonly Item[]>, 'data' | 'isError' | 'error' | 'refetch'>;
  /** What can be done, beside the title. */
  readonly actions?: ReactNode;
  /** In place of an empty list: what it is for. */
  readonly empty: ReactNode;
  readonly children: (items: readonly Item[]) => ReactNode;
}

/** A page that shows a list: while it loads, where there is nothing, and where it did not arrive. */
export function ListPage<Item>({
  title,
  query: { data, isError, error, refetch },
  actions,
  empty,
  children,
}: ListPageProps<Item>): ReactNode {
  useTitle(title);
  if (isError && data === undefined) {
    return (
      <EmptyState icon={Unplug} title={messages.listFailed} text={error?.message ?? ''}>
        <Button onClick={() => void refetch()}>{messages.details.retry}</Button>
      </EmptyState>
    );
  }
  return (
    <div className="flex h-full min-h-0 flex-col">
      <PageHeader title={title}>{actions}</PageHeader>
      {data === undefined && (
        <p role="status" className="p-4 text-muted md:pl-2">
          {messages.loading}
        </p>
      )}
      {data?.length === 0 && empty}
      {data !== undefined && data.length > 0 && children(data)}
    </div>
  );
}
