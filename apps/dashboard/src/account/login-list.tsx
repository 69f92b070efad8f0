import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import type { WebSession } from '@vedette/contract';
import { Monitor, X } from 'lucide-react';
import { useState, type ReactNode } from 'react';
import { api } from '../cameras/first-list.ts';
import { formatMoment } from '../format/format.ts';
import { accountMessages } from '../messages/account.ts';
import { messages } from '../messages/index.ts';
import { Button, IconButton } from '../ui/button.tsx';
import { Complaint } from '../ui/complaint.tsx';
import { ConfirmDialog } from '../ui/confirm-dialog.tsx';
import { useClock } from '../viewer/use-clock.ts';

const words = accountMessages.account;
const QUERY_KEY = ['account', 'logins'];

/** The program and the system of a User-Agent, as people call them; the whole where they are not known. */
function deviceOf(userAgent: string): string {
  const program = /(Edg|OPR|Firefox|Chrome|Safari)\/\d+/.exec(userAgent)?.[1];
  const system = /Windows|Android|iPhone|iPad|Mac OS X|Linux/.exec(userAgent)?.[0];
  if (program === undefined) return userAgent === '' ? words.unknownDevice : userAgent.slice(0, 60);
  const name = { Edg: 'Edge', OPR: 'Opera' }[program] ?? program;
  return system === undefined ? name : words.device(name, system);
}

function Row({
  session: { id, userAgent, address, lastSeenAt, current },
  nowMs,
}: {
  readonly session: WebSession;
  readonly nowMs: number;
}): ReactNode {
  const client = useQueryClient();
  const end = useMutation({
    mutationFn: async () => api.send('DELETE', `/api/v1/me/sessions/${id}`),
    onSettled: async () => client.invalidateQueries({ queryKey: QUERY_KEY }),
  });
  return (
    <li className="flex items-center gap-3 border-t border-line py-2 first:border-t-0">
      <Monitor size={18} aria-hidden className="shrink-0 text-muted" />
      <div className="min-w-0 flex-1">
        <div className="truncate" title={userAgent}>
          {deviceOf(userAgent)}
          {current && <span className="text-muted"> {words.thisOne}</span>}
        </div>
        <div className="text-small text-muted">
          {words.seen(address, formatMoment(Date.parse(lastSeenAt), nowMs))}
        </div>
      </div>
      {!current && (
        <IconButton
          icon={X}
          label={words.endLogin}
          aria-label={words.endLoginOf(deviceOf(userAgent), address)}
          disabled={end.isPending}
          onClick={() => end.mutate()}
        />
      )}
    </li>
  );
}

function LogoutEverywhere(): ReactNode {
  const [isAsking, setAsking] = useState(false);
  const { mutate, isPending, error } = useMutation({
    mutationFn: async () => api.send('POST', '/api/v1/auth/logout-everywhere', {}),
    onSuccess: () => location.assign('/login'),
  });
  return (
    <>
      <Button onClick={() => setAsking(true)}>{words.everywhere}</Button>
      {isAsking && (
        <ConfirmDialog
          title={words.everywhere}
          text={words.everywhereText}
          action={words.everywhere}
          isBusy={isPending}
          error={error}
          onConfirm={() => mutate()}
          onClose={() => setAsking(false)}
        />
      )}
    </>
  );
}

/** Where one is logged in, and the end of each. */
export function LoginList(): ReactNode {
  const { wallMs } = useClock(false);
  const { data, error } = useQuery({
    queryKey: QUERY_KEY,
    queryFn: async ({ signal }) => api.list<WebSession>('/api/v1/me/sessions', signal),
    retry: false,
  });
  return (
    <>
      <Complaint error={error} />
      {data === undefined && error === null && <p className="text-muted">{messages.loading}</p>}
      <ul>
        {data?.map((session) => (
          <Row key={session.id} session={session} nowMs={wallMs} />
        ))}
      </ul>
      <div>
        <LogoutEverywhere />
      </div>
    </>
  );
}
