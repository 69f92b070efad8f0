import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { Push } from '@vedette/contract';
import {
  CircleAlert,
  CircleDot,
  CirclePause,
  LoaderCircle,
  Play,
  Square,
  X,
  type LucideIcon,
} from 'lucide-react';
import { useState, type ReactNode, type SubmitEvent } from 'react';
import { useMay } from '../account/use-account.ts';
import { api } from '../cameras/first-list.ts';
import { messages } from '../messages/index.ts';
import { Button, IconButton } from '../ui/button.tsx';
import { classNames } from '../ui/class-names.ts';
import { Complaint } from '../ui/complaint.tsx';
import { useClock } from '../viewer/use-clock.ts';
import { pushWords } from './push-words.ts';
import { removePush, upsertPush, usePushes } from './use-pushes.ts';

const words = messages.pushes;

const LOOKS: Readonly<
  Record<Push['state']['name'], { readonly icon: LucideIcon; readonly className: string }>
> = {
  live: { icon: CircleDot, className: 'text-ok' },
  connecting: { icon: LoaderCircle, className: 'text-muted spin' },
  failed: { icon: CircleAlert, className: 'text-bad' },
  idle: { icon: CirclePause, className: 'text-muted' },
};

function PushFacts({ push, wallMs }: { push: Push; wallMs: number }): ReactNode {
  const { to, origin, state, dropped } = push;
  return (
    <div className="min-w-0 flex-1">
      <div className="truncate font-mono text-small" title={to}>
        {to}
      </div>
      <div className="text-small text-muted">{pushWords(push, wallMs)}</div>
      {dropped > 0 && state.name === 'live' && (
        <div className="text-small text-warn">{words.dropped(dropped)}</div>
      )}
      <div className="text-small text-muted">{origin === 'file' ? words.fromFile : words.fromApi}</div>
    </div>
  );
}

function PushRow({ push, mayChange }: { push: Push; mayChange: boolean }): ReactNode {
  const { cameraId, id, to, enabled, origin, state } = push;
  const client = useQueryClient();
  const clock = useClock(state.name === 'failed');
  const start = useMutation({
    mutationFn: async (isOn: boolean) => api.setPush(cameraId, id, isOn),
    onSuccess: (changed) => upsertPush(client, changed),
  });
  const remove = useMutation({
    mutationFn: async () => api.removePush(cameraId, id),
    onSuccess: () => removePush(client, cameraId, id),
  });
  const hasGivenUp = state.name === 'failed' && state.nextAttemptAt === null;
  const isRunning = enabled && !hasGivenUp;
  const { icon: Icon, className } = LOOKS[state.name];
  return (
    <li className="flex flex-col gap-1">
      <div className="flex items-start gap-1">
        <Icon size={16} aria-hidden className={classNames('mt-1 mr-1 shrink-0', className)} />
        <PushFacts push={push} wallMs={clock.wallMs} />
        {mayChange && (
          <IconButton
            icon={isRunning ? Square : Play}
            label={isRunning ? words.stop : words.start}
            aria-label={isRunning ? words.stopOf(to) : words.startOf(to)}
            disabled={start.isPending}
            onClick={() => start.mutate(!isRunning)}
          />
        )}
        {mayChange && origin === 'api' && (
          <IconButton
            icon={X}
            label={words.remove}
            aria-label={words.removeOf(to)}
            disabled={remove.isPending}
            onClick={() => remove.mutate()}
          />
        )}
      </div>
      <Complaint error={start.error ?? remove.error} />
    </li>
  );
}

function AddPush({ cameraId }: { cameraId: string }): ReactNode {
  const client = useQueryClient();
  const [address, setAddress] = useState('');
  const add = useMutation({
    mutationFn: async (to: string) => api.addPush(cameraId, { to }),
    onSuccess: (push) => {
      upsertPush(client, push);
      setAddress('');
    },
  });
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    if (address.trim() !== '') add.mutate(address.trim());
  };
  return (
    <form onSubmit={submit} className="mt-3 flex flex-col gap-2">
      <div className="flex gap-2">
        {/* Not a password field: browsers would offer to keep the key. It is gone once it is sent. */}
        <input
          type="text"
          value={address}
          onChange={(event) => setAddress(event.target.value)}
          aria-label={words.address}
          placeholder={words.placeholder}
          autoComplete="off"
          autoCapitalize="off"
          spellCheck={false}
          className="h-8 min-w-0 flex-1 rounded-md border border-line bg-canvas px-2 font-mono text-small placeholder:text-muted pointer-coarse:h-10"
        />
        <Button type="submit" disabled={add.isPending}>
          {add.isPending ? words.adding : words.add}
        </Button>
      </div>
      <Complaint error={add.error} />
    </form>
  );
}

/** Where a camera is sent on to: platforms, other servers. Secrets of the addresses never come here. */
export function CameraPushes({ cameraId }: { cameraId: string }): ReactNode {
  const pushes = usePushes(cameraId);
  const mayChange = useMay('configure');
  return (
    <>
      {pushes.length === 0 ? (
        <p className="text-muted">{mayChange ? words.none : words.noneYet}</p>
      ) : (
        <ul className="-mr-2 flex flex-col gap-3">
          {pushes.map((push) => (
            <PushRow key={push.id} push={push} mayChange={mayChange} />
          ))}
        </ul>
      )}
      {mayChange && <AddPush cameraId={cameraId} />}
    </>
  );
}
