import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import type { CreatedPublishKey, PublishKey } from '@vedette/contract';
import { Trash2 } from 'lucide-react';
import { useState, type ReactNode, type SubmitEvent } from 'react';
import { api } from '../../cameras/first-list.ts';
import { formatMoment } from '../../format/format.ts';
import { messages } from '../../messages/index.ts';
import { setupMessages } from '../../messages/setup.ts';
import { Button, IconButton } from '../../ui/button.tsx';
import { Complaint } from '../../ui/complaint.tsx';
import { CopyIconButton } from '../../ui/copy-button.tsx';
import { TextField } from '../../ui/field.tsx';
import { SecretOnce } from '../../ui/secret-once.tsx';
import { useClock } from '../../viewer/use-clock.ts';
import { DeleteDialog } from '../delete-dialog.tsx';

const words = setupMessages.cameras.keys;

const listPath = (cameraId: string): string => `/api/v1/cameras/${cameraId}/publish-keys`;
const listKey = (cameraId: string): readonly string[] => ['publish-keys', cameraId];

function MadeKey({ made }: { readonly made: CreatedPublishKey }): ReactNode {
  const protocols = Object.entries(words.names) as [keyof typeof words.names, string][];
  return (
    <div className="flex flex-col gap-3">
      <SecretOnce label={`${words.key}: ${made.name}`} secret={made.key} />
      <p className="text-small text-muted">{words.addresses}</p>
      <ul className="flex flex-col gap-1">
        {protocols.map(([protocol, name]) => {
          const address = made.urls[protocol];
          return (
            address !== null && (
              <li key={protocol} className="flex items-center gap-1">
                <div className="min-w-0 flex-1">
                  <div>{name}</div>
                  <div className="truncate font-mono text-small text-muted select-all" title={address}>
                    {address}
                  </div>
                </div>
                <CopyIconButton text={address} label={words.copy(name)} />
              </li>
            )
          );
        })}
      </ul>
    </div>
  );
}

/** Makes a key, and shows it with the addresses it stands in the one time that it is told. */
export function MakePublishKey({ cameraId }: { readonly cameraId: string }): ReactNode {
  const client = useQueryClient();
  const [name, setName] = useState('');
  const { mutate, isPending, error, data } = useMutation({
    mutationFn: async () => api.send<CreatedPublishKey>('POST', listPath(cameraId), { name }),
    onSuccess: async () => {
      setName('');
      await client.invalidateQueries({ queryKey: listKey(cameraId) });
    },
  });
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    mutate();
  };
  return (
    <div className="flex flex-col gap-4">
      {data !== undefined && <MadeKey key={data.id} made={data} />}
      <form onSubmit={submit} className="flex flex-col gap-2">
        <div className="flex items-end gap-2">
          <TextField
            label={words.name}
            placeholder="OBS"
            className="flex-1"
            value={name}
            maxLength={100}
            autoComplete="off"
            required
            onChange={(event) => setName(event.target.value)}
          />
          <Button
            type="submit"
            look={data === undefined ? 'primary' : 'plain'}
            disabled={isPending}
            className="h-9 pointer-coarse:h-11"
          >
            {words.make}
          </Button>
        </div>
        <Complaint error={error} />
      </form>
    </div>
  );
}

function KeyRow({ publishKey }: { readonly publishKey: PublishKey }): ReactNode {
  const { id, cameraId, name, lastUsedAt } = publishKey;
  const { wallMs } = useClock(false);
  const [isAsking, setAsking] = useState(false);
  const used =
    lastUsedAt === null ? words.neverUsed : words.used(formatMoment(Date.parse(lastUsedAt), wallMs));
  return (
    <li className="flex items-center gap-2 border-t border-line py-1 first:border-t-0">
      <span className="min-w-0 flex-1 truncate">
        {name} <span className="text-small text-muted">{used}</span>
      </span>
      <IconButton
        icon={Trash2}
        label={words.revoke}
        aria-label={words.revokeOf(name)}
        onClick={() => setAsking(true)}
      />
      {isAsking && (
        <DeleteDialog
          path={`${listPath(cameraId)}/${id}`}
          title={words.revokeOf(name)}
          text={words.revokeText}
          action={words.revoke}
          forget={async (client) => client.invalidateQueries({ queryKey: listKey(cameraId) })}
          onClose={() => setAsking(false)}
        />
      )}
    </li>
  );
}

/** The keys by which encoders send to a camera. */
export function PublishKeys({ cameraId }: { readonly cameraId: string }): ReactNode {
  const { data, error } = useQuery({
    queryKey: listKey(cameraId),
    queryFn: async ({ signal }) => api.list<PublishKey>(listPath(cameraId), signal),
    retry: false,
  });
  return (
    <div className="flex min-h-0 flex-col gap-4 overflow-auto px-5 pb-5">
      <p className="text-small text-muted">{words.text}</p>
      <Complaint error={error} />
      {data === undefined && error === null && <p className="text-muted">{messages.loading}</p>}
      {data?.length === 0 && <p className="text-muted">{words.none}</p>}
      {data !== undefined && data.length > 0 && (
        <ul>
          {data.map((publishKey) => (
            <KeyRow key={publishKey.id} publishKey={publishKey} />
          ))}
        </ul>
      )}
      <MakePublishKey cameraId={cameraId} />
    </div>
  );
}
