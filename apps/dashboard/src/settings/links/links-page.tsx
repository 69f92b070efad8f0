import { useQuery } from '@tanstack/react-query';
import type { ShareLink, StreamToken } from '@vedette/contract';
import { Link2, Plus } from 'lucide-react';
import { useState, type ReactNode } from 'react';
import { api } from '../../cameras/first-list.ts';
import { messages } from '../../messages/index.ts';
import { setupMessages } from '../../messages/setup.ts';
import { Button } from '../../ui/button.tsx';
import { Complaint } from '../../ui/complaint.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { PageHeader } from '../../ui/page-header.tsx';
import { useTitle } from '../../ui/use-title.ts';
import { useClock } from '../../viewer/use-clock.ts';
import { LINKS_QUERY, TOKENS_QUERY } from './links-queries.ts';
import { NewLinkDialog } from './new-link-dialog.tsx';
import { NewTokenDialog } from './new-token-dialog.tsx';
import { LinkTable, TokenTable } from './links-tables.tsx';

const words = setupMessages.links;

function ShareLinks({ nowMs }: { readonly nowMs: number }): ReactNode {
  const [isMaking, setMaking] = useState(false);
  const { data, error } = useQuery({
    queryKey: LINKS_QUERY,
    queryFn: async ({ signal }) => api.list<ShareLink>('/api/v1/share-links', signal),
    retry: false,
  });
  const add = (
    <Button look="primary" onClick={() => setMaking(true)}>
      <Plus size={16} aria-hidden />
      {words.addLink}
    </Button>
  );
  return (
    <section>
      <header className="flex min-h-10 items-center gap-3 px-4 md:pl-2">
        <h2 className="flex-1 text-title font-semibold">{words.shareLinks}</h2>
        {data !== undefined && data.length > 0 && add}
      </header>
      <div className="px-4 md:pl-2">
        <Complaint error={error} />
      </div>
      {data === undefined && error === null && <p className="px-4 text-muted md:pl-2">{messages.loading}</p>}
      {data?.length === 0 && (
        <EmptyState icon={Link2} title={words.noLinks} text={words.noLinksText}>
          {add}
        </EmptyState>
      )}
      {data !== undefined && data.length > 0 && <LinkTable links={data} nowMs={nowMs} />}
      {isMaking && <NewLinkDialog onClose={() => setMaking(false)} />}
    </section>
  );
}

function StreamTokens({ nowMs }: { readonly nowMs: number }): ReactNode {
  const [isMaking, setMaking] = useState(false);
  const { data, error } = useQuery({
    queryKey: TOKENS_QUERY,
    queryFn: async ({ signal }) => api.list<StreamToken>('/api/streaming/tokens', signal),
    retry: false,
  });
  return (
    <section>
      <header className="flex min-h-10 items-center gap-3 px-4 md:pl-2">
        <h2 className="flex-1 text-title font-semibold">{words.streamTokens}</h2>
        <Button onClick={() => setMaking(true)}>
          <Plus size={16} aria-hidden />
          {words.addToken}
        </Button>
      </header>
      <div className="px-4 md:pl-2">
        <p className="max-w-xl text-small text-muted">{words.streamTokensText}</p>
        <Complaint error={error} />
      </div>
      {data !== undefined && data.length > 0 && <TokenTable tokens={data} nowMs={nowMs} />}
      {data?.length === 0 && <p className="px-4 pt-3 text-muted md:pl-2">{words.noTokens}</p>}
      {isMaking && <NewTokenDialog onClose={() => setMaking(false)} />}
    </section>
  );
}

/** What was lent for a while: links for people, tokens for programs. */
export function LinksPage(): ReactNode {
  useTitle(messages.settingsPlaces.links);
  const { wallMs } = useClock(false);
  return (
    <div className="h-full overflow-auto">
      <PageHeader title={messages.settingsPlaces.links} />
      <div className="flex flex-col gap-8 pb-8">
        <ShareLinks nowMs={wallMs} />
        <StreamTokens nowMs={wallMs} />
      </div>
    </div>
  );
}
