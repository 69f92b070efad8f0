import { useInfiniteQuery } from '@tanstack/react-query';
import type { AuditFilter, AuditPage as AuditAnswer, AuditRecord } from '@vedette/contract';
import { Download, ScrollText, Unplug } from 'lucide-react';
import { useState, type ReactNode } from 'react';
import { api } from '../../cameras/first-list.ts';
import { messages } from '../../messages/index.ts';
import { setupMessages } from '../../messages/setup.ts';
import { Button } from '../../ui/button.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { PageHeader } from '../../ui/page-header.tsx';
import { SECONDARY_LINK } from '../../ui/link-looks.ts';
import { useTitle } from '../../ui/use-title.ts';
import { AuditFilters } from './audit-filters.tsx';
import { AuditTable } from './audit-table.tsx';
import { AuditVerdict } from './audit-verdict.tsx';

const words = setupMessages.audit;
const PAGE_SIZE = 100;

/** The filter as the query of an address; what is not set is left out. */
function queryOf(filter: AuditFilter, more: Readonly<Record<string, string>>): URLSearchParams {
  const set = Object.entries(filter).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string',
  );
  return new URLSearchParams([...set, ...Object.entries(more)]);
}

function useAuditLog(filter: AuditFilter): {
  readonly records: readonly AuditRecord[] | undefined;
  readonly isError: boolean;
  readonly isFetching: boolean;
  readonly more: (() => void) | undefined;
  readonly retry: () => void;
} {
  const { data, isError, isFetching, hasNextPage, fetchNextPage, refetch } = useInfiniteQuery({
    queryKey: ['audit', filter],
    queryFn: async ({ pageParam, signal }) => {
      const query = queryOf(filter, {
        limit: String(PAGE_SIZE),
        ...(pageParam === null ? {} : { cursor: pageParam }),
      });
      return api.get<AuditAnswer>(`/api/v1/audit?${query}`, signal);
    },
    initialPageParam: null as string | null,
    getNextPageParam: ({ nextCursor }) => nextCursor,
    retry: false,
  });
  return {
    records: data?.pages.flatMap(({ items }) => items),
    isError,
    isFetching,
    more: hasNextPage ? () => void fetchNextPage() : undefined,
    retry: () => void refetch(),
  };
}

function Exports({ filter }: { readonly filter: AuditFilter }): ReactNode {
  return (['csv', 'json'] as const).map((format) => (
    <a
      key={format}
      href={`/api/v1/audit/export?${queryOf(filter, { format })}`}
      download
      className={SECONDARY_LINK}
    >
      <Download size={16} aria-hidden />
      {words.exportAs[format]}
    </a>
  ));
}

/** What was done, by whom, from where: newest first. */
export function AuditPage(): ReactNode {
  useTitle(messages.settingsPlaces.audit);
  const [filter, setFilter] = useState<AuditFilter>({});
  const { records, isError, isFetching, more, retry } = useAuditLog(filter);
  if (isError) {
    return (
      <EmptyState icon={Unplug} title={words.failed} text={messages.gateway.failedHint}>
        <Button onClick={retry}>{messages.details.retry}</Button>
      </EmptyState>
    );
  }
  return (
    <div className="flex h-full min-h-0 flex-col">
      <PageHeader title={messages.settingsPlaces.audit}>
        <AuditVerdict />
        <Exports filter={filter} />
      </PageHeader>
      <AuditFilters filter={filter} onChange={setFilter} />
      {records?.length === 0 && <EmptyState icon={ScrollText} title={words.empty} text={words.emptyText} />}
      {records !== undefined && records.length > 0 && (
        <AuditTable records={records} more={more} isFetching={isFetching} />
      )}
      {records === undefined && (
        <p role="status" className="p-4 text-muted md:pl-2">
          {messages.loading}
        </p>
      )}
    </div>
  );
}
