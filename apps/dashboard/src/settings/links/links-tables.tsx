import type { CameraAction, ShareLink, StreamToken } from '@vedette/contract';
import { Trash2 } from 'lucide-react';
import { useState, type ReactNode } from 'react';
import { useCamera } from '../../cameras/use-cameras.ts';
import { formatMoment } from '../../format/format.ts';
import { setupMessages } from '../../messages/setup.ts';
import { IconButton } from '../../ui/button.tsx';
import { CELL, DataTable, ROW } from '../../ui/data-table.tsx';
import { DeleteDialog } from '../delete-dialog.tsx';
import { LINKS_QUERY, TOKENS_QUERY } from './links-queries.ts';

const words = setupMessages.links;

function CameraName({ id }: { readonly id: string }): ReactNode {
  return useCamera(id).camera?.name ?? id;
}

function actionWords(actions: readonly CameraAction[]): string {
  return actions.map((action) => setupMessages.grants.actionNames[action]).join(', ');
}

interface Revocable {
  readonly label: string;
  readonly path: string;
  readonly queryKey: readonly string[];
}

function RevokeButton({ label, path, queryKey }: Revocable): ReactNode {
  const [isAsking, setAsking] = useState(false);
  return (
    <>
      <IconButton icon={Trash2} label={words.revoke} aria-label={label} onClick={() => setAsking(true)} />
      {isAsking && (
        <DeleteDialog
          path={path}
          title={label}
          text={words.revokeText}
          action={words.revoke}
          forget={async (client) => client.invalidateQueries({ queryKey })}
          onClose={() => setAsking(false)}
        />
      )}
    </>
  );
}

/** Share links, also those that have ended: how often each was opened. */
export function LinkTable({
  links,
  nowMs,
}: {
  readonly links: readonly ShareLink[];
  readonly nowMs: number;
}): ReactNode {
  return (
    <DataTable
      label={words.shareLinks}
      headings={[words.name, words.camera, words.may, words.by, words.ends, words.opened, '']}
    >
      {links.map((link) => (
        <tr key={link.id} className={ROW}>
          <td className={`${CELL} font-medium`}>
            {link.name === '' ? words.unnamed : link.name}
            {link.hasPassword && <span className="text-muted"> {words.withPassword}</span>}
          </td>
          <td className={CELL}>
            <CameraName id={link.cameraId} />
          </td>
          <td className={CELL}>{actionWords(link.actions)}</td>
          <td className={CELL}>{link.createdBy}</td>
          <td className={CELL}>
            {link.state === 'valid'
              ? formatMoment(Date.parse(link.expiresAt), nowMs)
              : words.states[link.state]}
          </td>
          <td className={`${CELL} tabular-nums`}>{link.views}</td>
          <td className="py-1 pr-3 text-right">
            {link.state === 'valid' && (
              <RevokeButton
                label={words.revokeLink(link.name)}
                path={`/api/v1/share-links/${link.id}`}
                queryKey={LINKS_QUERY}
              />
            )}
          </td>
        </tr>
      ))}
    </DataTable>
  );
}

/** Stream tokens that are good now. */
export function TokenTable({
  tokens,
  nowMs,
}: {
  readonly tokens: readonly StreamToken[];
  readonly nowMs: number;
}): ReactNode {
  return (
    <DataTable
      label={words.streamTokens}
      headings={[words.camera, words.may, words.by, words.bound, words.ends, '']}
    >
      {tokens.map(({ id, cameraId, actions, createdBy, boundTo, expiresAt }) => (
        <tr key={id} className={ROW}>
          <td className={`${CELL} font-medium`}>
            <CameraName id={cameraId} />
          </td>
          <td className={CELL}>{actionWords(actions)}</td>
          <td className={CELL}>{createdBy}</td>
          <td className={CELL}>
            {[boundTo.address, boundTo.userAgent ? words.oneProgram : null].filter(Boolean).join(', ') ||
              words.notBound}
          </td>
          <td className={CELL}>{formatMoment(Date.parse(expiresAt), nowMs)}</td>
          <td className="py-1 pr-3 text-right">
            <RevokeButton
              label={words.revokeToken(cameraId)}
              path={`/api/streaming/token/${id}`}
              queryKey={TOKENS_QUERY}
            />
          </td>
        </tr>
      ))}
    </DataTable>
  );
}
