import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { Session } from '@vedette/contract';
import { RefreshCw, Unplug, Users, X } from 'lucide-react';
import type { ReactNode } from 'react';
import { PRIMARY_LINK } from '../ui/link-looks.ts';
import { api } from '../cameras/first-list.ts';
import { useCamera } from '../cameras/use-cameras.ts';
import { formatBytes, formatMoment } from '../format/format.ts';
import { messages } from '../messages/index.ts';
import { sessionsMessages } from '../messages/sessions.ts';
import { Button, IconButton } from '../ui/button.tsx';
import { EmptyState } from '../ui/empty-state.tsx';
import { classNames } from '../ui/class-names.ts';
import { useTitle } from '../ui/use-title.ts';
import { useClock } from '../viewer/use-clock.ts';

const words = sessionsMessages;
const QUERY_KEY = ['sessions'];

const PROTOCOLS: Readonly<Record<Session['protocol'], string>> = {
  rtsp: 'RTSP',
  webrtc: messages.protocols.webrtc,
  mse: messages.protocols.mse,
  hls: messages.protocols.hls,
  rtmp: 'RTMP',
  srt: 'SRT',
  flv: 'FLV',
  ts: 'MPEG-TS',
  mjpeg: 'Motion JPEG',
};

function CameraName({ cameraId }: { cameraId: string }): ReactNode {
  const { camera } = useCamera(cameraId);
  return (
    <Link to="/live/$cameraId" params={{ cameraId }} className="font-medium hover:underline">
      {camera?.name ?? cameraId}
    </Link>
  );
}

const KINDS: Readonly<Record<string, string>> = messages.kinds;

function kindOf({ kind }: { readonly kind: string }): string {
  return KINDS[kind] ?? kind;
}

/** Who it is, where somebody had to say, and where from. */
function Peer({ session: { who, peer, kind, userAgent } }: { session: Session }): ReactNode {
  return (
    <div title={userAgent ?? undefined}>
      {who !== null && (
        <div className="font-medium">
          {who.name === '' ? kindOf(who) : who.name}
          {who.name !== '' && who.kind !== 'user' && (
            <span className="font-normal text-muted"> {kindOf(who)}</span>
          )}
        </div>
      )}
      <div className={classNames(who !== null && 'text-small text-muted')}>
        {peer} <span className="text-muted">{words.kind[kind]}</span>
      </div>
    </div>
  );
}

function Row({ session, nowMs, onEnd }: { session: Session; nowMs: number; onEnd: () => void }): ReactNode {
  const { cameraId, who, peer, protocol, transport, startedAt, bytes, dropped } = session;
  return (
    <tr className="border-t border-line">
      <td className="py-2 pr-4 pl-4 md:pl-2">
        <CameraName cameraId={cameraId} />
      </td>
      <td className="py-2 pr-4">
        <Peer session={session} />
      </td>
      <td className="py-2 pr-4">
        {PROTOCOLS[protocol]} <span className="text-muted">{transport}</span>
      </td>
      <td className="py-2 pr-4 text-right">{formatMoment(Date.parse(startedAt), nowMs)}</td>
      <td className="py-2 pr-4 text-right">{formatBytes(bytes)}</td>
      <td className="py-2 pr-4 text-right">{dropped}</td>
      <td className="py-1 pr-3 text-right">
        <IconButton
          icon={X}
          label={words.end}
          aria-label={words.endOf(who?.name || peer, cameraId)}
          onClick={onEnd}
        />
      </td>
    </tr>
  );
}

function SessionTable({ sessions, nowMs }: { sessions: readonly Session[]; nowMs: number }): ReactNode {
  const client = useQueryClient();
  const end = useMutation({
    mutationFn: async (id: string) => api.endSession(id),
    onSettled: async () => client.invalidateQueries({ queryKey: QUERY_KEY }),
  });
  return (
    <div className="min-h-0 flex-1 overflow-auto" tabIndex={0} role="region" aria-label={words.title}>
      <table className="w-full text-left whitespace-nowrap">
        <thead className="text-small text-muted">
          <tr>
            <th className="py-2 pr-4 pl-4 font-medium md:pl-2">{words.camera}</th>
            <th className="py-2 pr-4 font-medium">{words.peer}</th>
            <th className="py-2 pr-4 font-medium">{words.protocol}</th>
            <th className="py-2 pr-4 text-right font-medium">{words.since}</th>
            <th className="py-2 pr-4 text-right font-medium">{words.sent}</th>
            <th className="py-2 pr-4 text-right font-medium">{words.dropped}</th>
            <td />
          </tr>
        </thead>
        <tbody>
          {sessions.map((session) => (
            <Row key={session.id} session={session} nowMs={nowMs} onEnd={() => end.mutate(session.id)} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** Who is watching or publishing now, in every protocol. */
export function SessionsPage(): ReactNode {
  useTitle(words.title);
  const clock = useClock(false);
  const { data, isError, isFetching, refetch } = useQuery({
    queryKey: QUERY_KEY,
    queryFn: async ({ signal }) => api.sessions(signal),
    retry: false,
  });
  if (isError) {
    return (
      <EmptyState icon={Unplug} title={words.failed} text={messages.gateway.failedHint}>
        <Button onClick={() => void refetch()}>{words.retry}</Button>
      </EmptyState>
    );
  }
  if (data?.length === 0) {
    return (
      <EmptyState icon={Users} title={words.empty} text={words.emptyText}>
        <Link to="/" className={PRIMARY_LINK}>
          {words.emptyAction}
        </Link>
      </EmptyState>
    );
  }
  return (
    <div className="flex h-full flex-col">
      <header className="flex h-12 shrink-0 items-center gap-3 px-4 md:pl-2">
        <h1 className="flex-1 text-title font-semibold">{words.title}</h1>
        <IconButton
          icon={RefreshCw}
          label={words.refresh}
          side="bottom"
          aria-busy={isFetching}
          onClick={() => void refetch()}
        />
      </header>
      {data !== undefined && <SessionTable sessions={data} nowMs={clock.wallMs} />}
    </div>
  );
}
