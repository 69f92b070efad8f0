import type { AuditRecord } from '@vedette/contract';
import { CircleAlert, CircleCheck, CircleSlash, type LucideIcon } from 'lucide-react';
import type { ReactNode } from 'react';
import { messages } from '../../messages/index.ts';
import { setupMessages } from '../../messages/setup.ts';
import { Button } from '../../ui/button.tsx';
import { classNames } from '../../ui/class-names.ts';

const words = setupMessages.audit;

const LOOKS: Readonly<
  Record<AuditRecord['result'], { readonly icon: LucideIcon; readonly className: string }>
> = {
  ok: { icon: CircleCheck, className: 'text-ok' },
  refused: { icon: CircleSlash, className: 'text-warn' },
  failed: { icon: CircleAlert, className: 'text-bad' },
};

const when = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });

function Row({ record }: { readonly record: AuditRecord }): ReactNode {
  const { at, actor, action, cameraId, target, address, userAgent, result, detail } = record;
  const { icon: Icon, className } = LOOKS[result];
  const hasDetail = Object.keys(detail).length > 0;
  return (
    <tr className="border-t border-line align-top">
      <td className="py-2 pr-4 pl-4 tabular-nums md:pl-2">
        <time dateTime={at}>{when.format(Date.parse(at))}</time>
      </td>
      <td className="py-2 pr-4">
        <span className="font-medium">{actor.name === '' ? messages.kinds[actor.kind] : actor.name}</span>{' '}
        {actor.name !== '' && <span className="text-muted">{messages.kinds[actor.kind]}</span>}
      </td>
      <td className="py-2 pr-4 font-mono text-small">{action}</td>
      <td className="py-2 pr-4">
        {cameraId ?? ''}{' '}
        <span className="inline-block max-w-40 truncate align-bottom text-muted" title={target ?? undefined}>
          {target ?? ''}
        </span>
      </td>
      <td className="py-2 pr-4" title={userAgent}>
        {address}
      </td>
      <td className="py-2 pr-4">
        <span className={classNames('inline-flex items-center gap-1', className)}>
          <Icon size={14} aria-hidden />
          {words.results[result]}
        </span>
      </td>
      <td className="max-w-md min-w-40 py-2 pr-4 text-small whitespace-normal">
        {hasDetail && (
          <details>
            <summary className="cursor-pointer text-muted">{words.detail}</summary>
            <pre className="mt-1 overflow-auto font-mono text-small whitespace-pre-wrap">
              {JSON.stringify(detail, null, 2)}
            </pre>
          </details>
        )}
      </td>
    </tr>
  );
}

export interface AuditTableProps {
  readonly records: readonly AuditRecord[];
  /** Brings older entries; there are none where absent. */
  readonly more: (() => void) | undefined;
  readonly isFetching: boolean;
}

/** Entries of the audit log, newest first. */
export function AuditTable({ records, more, isFetching }: AuditTableProps): ReactNode {
  return (
    <div
      className="min-h-0 flex-1 overflow-auto"
      tabIndex={0}
      role="region"
      aria-label={messages.settingsPlaces.audit}
    >
      <table className="w-full text-left whitespace-nowrap">
        <thead className="text-small text-muted">
          <tr>
            {[words.at, words.who, words.what, words.whereto, words.from, words.result, words.more].map(
              (heading) => (
                <th key={heading} className="py-2 pr-4 font-medium first:pl-4 md:first:pl-2">
                  {heading}
                </th>
              ),
            )}
          </tr>
        </thead>
        <tbody>
          {records.map((record) => (
            <Row key={record.seq} record={record} />
          ))}
        </tbody>
      </table>
      {more !== undefined && (
        <div className="p-4 md:pl-2">
          <Button onClick={more} disabled={isFetching}>
            {words.older}
          </Button>
        </div>
      )}
    </div>
  );
}
