import { useMutation, useQueryClient } from '@tanstack/react-query';
import { ApiError } from '@vedette/client';
import type { Camera, OpenedShareLink, OpenShareLink } from '@vedette/contract';
import { Link2Off, Lock } from 'lucide-react';
import { use, useEffect, useState, type ReactNode, type SubmitEvent } from 'react';
import { GatewayLinkContext } from '../app/gateway-banner.tsx';
import { Mark } from '../app/mark.tsx';
import { api } from '../cameras/first-list.ts';
import { replaceCameras, useCamera } from '../cameras/use-cameras.ts';
import { formatMoment } from '../format/format.ts';
import { accountMessages } from '../messages/account.ts';
import { messages } from '../messages/index.ts';
import { Button } from '../ui/button.tsx';
import { Complaint } from '../ui/complaint.tsx';
import { EmptyState } from '../ui/empty-state.tsx';
import { TextField } from '../ui/field.tsx';
import { useTitle } from '../ui/use-title.ts';
import { CameraViewer } from '../viewer/camera-viewer.tsx';
import { players } from '../viewer/players.ts';
import { useClock } from '../viewer/use-clock.ts';
import { usePlayerState } from '../viewer/use-player.ts';

const words = accountMessages.share;

/** The secret is the fragment of the address: browsers tell it to no server. */
function secretOf({ hash }: Pick<Location, 'hash'>): string {
  return decodeURIComponent(hash.slice(1));
}

interface Shared {
  readonly camera: Camera;
  readonly expiresAt: string;
  readonly token: string;
}

function useOpening(): {
  readonly shared: Shared | undefined;
  readonly error: Error | null;
  readonly isPending: boolean;
  readonly open: (password?: string) => void;
} {
  const client = useQueryClient();
  const { data, error, isPending, mutate } = useMutation({
    mutationFn: async (password: string | undefined): Promise<Shared> => {
      const request: OpenShareLink = {
        secret: secretOf(location),
        ...(password === undefined ? {} : { password }),
      };
      const { cameraId, expiresAt, token } = await api.send<OpenedShareLink>(
        'POST',
        '/api/v1/share-links/open',
        request,
      );
      // The cookie that came with the answer opens this camera, and nothing else.
      const camera = await api.get<Camera>(`/api/v1/cameras/${cameraId}`);
      replaceCameras(client, [camera]);
      return { camera, expiresAt, token };
    },
  });
  return { shared: data, error, isPending, open: mutate };
}

function PasswordForm({
  error,
  isBusy,
  onPassword,
}: {
  readonly error: Error | null;
  readonly isBusy: boolean;
  readonly onPassword: (password: string) => void;
}): ReactNode {
  const [password, setPassword] = useState('');
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    onPassword(password);
  };
  return (
    <div className="flex h-full items-center justify-center p-6">
      <form onSubmit={submit} className="flex w-full max-w-xs flex-col gap-4">
        <div className="flex items-center gap-3">
          <Lock size={24} aria-hidden className="shrink-0 text-muted" />
          <h1 className="text-large font-semibold">{words.locked}</h1>
        </div>
        <TextField
          label={accountMessages.login.password}
          type="password"
          value={password}
          onChange={(event) => setPassword(event.target.value)}
          autoComplete="off"
          autoFocus
          required
        />
        <Complaint error={error} />
        <Button type="submit" look="primary" className="h-10 justify-center" disabled={isBusy}>
          {words.open}
        </Button>
      </form>
    </div>
  );
}

function Gone({ text }: { readonly text: string }): ReactNode {
  return <EmptyState icon={Link2Off} title={words.gone} text={text} />;
}

function SharedCamera({ shared: { camera, expiresAt, token } }: { readonly shared: Shared }): ReactNode {
  const { wallMs } = useClock(false);
  const link = use(GatewayLinkContext);
  const { isMissing } = useCamera(camera.id);
  const [player] = useState(() => players.warm(camera.id, camera));
  const { name: playing } = usePlayerState(player);
  useEffect(() => link?.open(token), [link, token]);
  useTitle(camera.name);
  if (isMissing || playing === 'forbidden' || playing === 'notFound') return <Gone text={words.goneText} />;
  return (
    <div className="flex h-full flex-col">
      <header className="flex h-12 shrink-0 items-center gap-3 px-4">
        <Mark />
        <h1 className="min-w-0 flex-1 truncate text-title font-semibold">{camera.name}</h1>
        <span className="text-small text-muted">
          {words.until(formatMoment(Date.parse(expiresAt), wallMs))}
        </span>
      </header>
      <div className="min-h-0 flex-1 bg-video">
        <CameraViewer key={camera.id} cameraId={camera.id} look="page" />
      </div>
    </div>
  );
}

/** One camera that somebody shared by a link. */
export function SharePage(): ReactNode {
  useTitle(words.title);
  const { shared, error, isPending, open } = useOpening();
  const [isAsked, setAsked] = useState(false);
  useEffect(() => open(), [open]);
  const needsPassword = error instanceof ApiError && error.code === 'ERR_SHARE_LINK_PASSWORD';
  if (shared !== undefined) return <SharedCamera shared={shared} />;
  if (needsPassword || (isAsked && isPending)) {
    return (
      <PasswordForm
        error={isAsked && !isPending ? error : null}
        isBusy={isPending}
        onPassword={(password) => {
          setAsked(true);
          open(password);
        }}
      />
    );
  }
  if (error !== null) return <Gone text={error.message} />;
  return (
    <p role="status" className="p-6 text-muted">
      {messages.loading}
    </p>
  );
}
