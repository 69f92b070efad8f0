import { useQuery } from '@tanstack/react-query';
import type { ApiKey } from '@vedette/contract';
import { KeyRound, Plus, Trash2 } from 'lucide-react';
import { useState, type ReactNode } from 'react';
import { api } from '../../cameras/first-list.ts';
import { formatMoment } from '../../format/format.ts';
import { messages } from '../../messages/index.ts';
import { setupMessages } from '../../messages/setup.ts';
import { Button, IconButton } from '../../ui/button.tsx';
import { CELL, DataTable, ROW } from '../../ui/data-table.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { ListPage } from '../../ui/list-page.tsx';
import { useClock } from '../../viewer/use-clock.ts';
import { DeleteDialog } from '../delete-dialog.tsx';
import { KEYS_QUERY } from './keys-query.ts';
import { NewKeyDialog } from './new-key-dialog.tsx';

const words = setupMessages.keys;

function moment(at: string | null, nowMs: number, none: string): string {
  return at === null ? none : formatMoment(Date.parse(at), nowMs);
}

/** What a key may do, in a few words. */
function scopeWords({ scope: { actions, grants } }: ApiKey): string {
  const names = { ...setupMessages.grants.actionNames, ...setupMessages.grants.siteActionNames };
  const everywhere = actions.map((action) => names[action]);
  return [...everywhere, ...(grants.length === 0 ? [] : [words.someCameras(grants.length)])].join(', ');
}

function Row({
  apiKey,
  nowMs,
  onRevoke,
}: {
  readonly apiKey: ApiKey;
  readonly nowMs: number;
  readonly onRevoke: () => void;
}): ReactNode {
  return (
    <tr className={ROW}>
      <td className={`${CELL} font-medium`}>{apiKey.name}</td>
      <td className={`${CELL} min-w-48 whitespace-normal`}>{scopeWords(apiKey)}</td>
      <td className={CELL}>{moment(apiKey.lastUsedAt, nowMs, words.never)}</td>
      <td className={CELL}>{moment(apiKey.expiresAt, nowMs, words.noEnd)}</td>
      <td className="py-1 pr-3 text-right">
        <IconButton
          icon={Trash2}
          label={words.revoke}
          aria-label={words.revokeOf(apiKey.name)}
          onClick={onRevoke}
        />
      </td>
    </tr>
  );
}

/** Keys by which programs use the API. */
export function KeysPage(): ReactNode {
  const [isMaking, setMaking] = useState(false);
  const [revoking, setRevoking] = useState<ApiKey | null>(null);
  const { wallMs } = useClock(false);
  const query = useQuery({
    queryKey: KEYS_QUERY,
    queryFn: async ({ signal }) => api.list<ApiKey>('/api/v1/api-keys', signal),
    retry: false,
  });
  const add = (
    <Button look="primary" onClick={() => setMaking(true)}>
      <Plus size={16} aria-hidden />
      {words.add}
    </Button>
  );
  return (
    <>
      <ListPage
        title={messages.settingsPlaces.keys}
        query={query}
        actions={query.data?.length === 0 ? undefined : add}
        empty={
          <EmptyState icon={KeyRound} title={words.empty} text={words.emptyText}>
            {add}
          </EmptyState>
        }
      >
        {(keys) => (
          <DataTable
            label={messages.settingsPlaces.keys}
            headings={[words.name, words.scope, words.lastUsed, words.expires, '']}
          >
            {keys.map((apiKey) => (
              <Row key={apiKey.id} apiKey={apiKey} nowMs={wallMs} onRevoke={() => setRevoking(apiKey)} />
            ))}
          </DataTable>
        )}
      </ListPage>
      {isMaking && <NewKeyDialog onClose={() => setMaking(false)} />}
      {revoking !== null && (
        <DeleteDialog
          path={`/api/v1/api-keys/${revoking.id}`}
          title={words.revokeOf(revoking.name)}
          text={words.revokeText}
          action={words.revoke}
          forget={async (client) => client.invalidateQueries({ queryKey: KEYS_QUERY })}
          onClose={() => setRevoking(null)}
        />
      )}
    </>
  );
}
