import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { CameraAction, IssuedStreamToken, MediaUrls, NewStreamToken } from '@vedette/contract';
import { useState, type ReactNode, type SubmitEvent } from 'react';
import { api } from '../../cameras/first-list.ts';
import { messages } from '../../messages/index.ts';
import { setupMessages } from '../../messages/setup.ts';
import { Button } from '../../ui/button.tsx';
import { Complaint } from '../../ui/complaint.tsx';
import { CopyIconButton } from '../../ui/copy-button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { CheckField, TextField } from '../../ui/field.tsx';
import { SecretOnce } from '../../ui/secret-once.tsx';
import { ActionChecks } from '../grants/action-checks.tsx';
import { CameraField } from './camera-field.tsx';
import { TOKENS_QUERY } from './links-queries.ts';

const words = setupMessages.links;

function TokenForm({ onMade }: { readonly onMade: (made: IssuedStreamToken) => void }): ReactNode {
  const client = useQueryClient();
  const [cameraId, setCameraId] = useState('');
  const [actions, setActions] = useState<CameraAction[]>(['view']);
  const [minutes, setMinutes] = useState('30');
  const [bindIp, setBindIp] = useState(false);
  const { mutate, isPending, error } = useMutation({
    mutationFn: async (token: NewStreamToken) =>
      api.send<IssuedStreamToken>('POST', '/api/streaming/token', token),
    onSuccess: async (made) => {
      onMade(made);
      await client.invalidateQueries({ queryKey: TOKENS_QUERY });
    },
  });
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    mutate({ cameraId, actions, minutes: Number(minutes), bindIp });
  };
  return (
    <form onSubmit={submit} className="flex min-h-0 flex-col gap-4 overflow-auto px-5 pb-5">
      <CameraField value={cameraId} onChange={setCameraId} />
      <ActionChecks actions={actions} onChange={setActions} />
      <TextField
        label={words.minutes}
        type="number"
        min={1}
        max={525_600}
        value={minutes}
        onChange={(event) => setMinutes(event.target.value)}
        required
      />
      <CheckField
        label={words.bindIp}
        checked={bindIp}
        onChange={(event) => setBindIp(event.target.checked)}
      />
      <Complaint error={error} />
      <div>
        <Button type="submit" look="primary" disabled={isPending || cameraId === ''}>
          {words.addToken}
        </Button>
      </div>
    </form>
  );
}

const SHOWN = [
  'page',
  'hls',
  'whep',
  'rtsp',
  'rtmp',
  'srt',
  'mjpeg',
  'snapshot',
] as const satisfies readonly (keyof MediaUrls)[];

function Addresses({ urls }: { readonly urls: MediaUrls }): ReactNode {
  return (
    <ul className="flex flex-col gap-1">
      {SHOWN.map((name) => {
        const url = urls[name];
        return (
          url !== null && (
            <li key={name} className="flex items-center gap-2">
              <span className="w-20 shrink-0 text-small text-muted">{words.protocols[name]}</span>
              <code className="min-w-0 flex-1 truncate font-mono text-small">{url}</code>
              <CopyIconButton text={url} label={words.copyAddress(words.protocols[name])} />
            </li>
          )
        );
      })}
    </ul>
  );
}

/** Makes a stream token, and shows it and the addresses that carry it the one time that it is told. */
export function NewTokenDialog({ onClose }: { readonly onClose: () => void }): ReactNode {
  const [made, setMade] = useState<IssuedStreamToken | null>(null);
  return (
    <Dialog isOpen onOpenChange={(isOpen) => !isOpen && onClose()} title={words.addToken}>
      {made === null ? (
        <TokenForm onMade={setMade} />
      ) : (
        <div className="flex min-h-0 flex-col gap-4 overflow-auto px-5 pb-5">
          <SecretOnce label={words.token} secret={made.token} />
          <Addresses urls={made.urls} />
          <div className="flex justify-end">
            <Button onClick={onClose}>{messages.done}</Button>
          </div>
        </div>
      )}
    </Dialog>
  );
}
