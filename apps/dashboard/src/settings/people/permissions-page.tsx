import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { PermissionPage, UserPermissions } from '@vedette/contract';
import { ChevronRight, CircleSlash, Unplug, Users } from 'lucide-react';
import type { ReactNode } from 'react';
import { api } from '../../cameras/first-list.ts';
import { useCameras } from '../../cameras/use-cameras.ts';
import { messages } from '../../messages/index.ts';
import { setupMessages } from '../../messages/setup.ts';
import { Button } from '../../ui/button.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { PRIMARY_LINK } from '../../ui/link-looks.ts';
import { PageHeader } from '../../ui/page-header.tsx';
import { useTitle } from '../../ui/use-title.ts';
import { PermissionList } from './permission-list.tsx';
import { PERMISSIONS_QUERY } from './use-refresh-people.ts';

const words = setupMessages.permissions;
const PAGE_SIZE = 50;

function Part({ title, children }: { readonly title: string; readonly children: ReactNode }): ReactNode {
  return (
    <section>
      <h2 className="mb-1 text-small font-medium text-muted">{title}</h2>
      {children}
    </section>
  );
}

/** With which cameras, at a glance. */
function summaryOf({ everywhere, cameras }: UserPermissions): string {
  if (everywhere.length > 0) return words.everyCamera;
  return cameras.length === 0 ? words.nothing : words.cameras(cameras.length);
}

function Details({
  person: { user, site, everywhere, cameras },
}: {
  readonly person: UserPermissions;
}): ReactNode {
  const { data: all = [] } = useCameras((list) => list);
  const shared = { role: messages.roles[user.role], isDisabled: user.disabled };
  return (
    <div className="flex flex-col gap-4 pt-1 pb-4 pl-6">
      {site.length > 0 && (
        <Part title={words.site}>
          {site.map((action) => setupMessages.grants.siteActionNames[action]).join(', ')}
        </Part>
      )}
      {(everywhere.length > 0 || cameras.length === 0) && (
        <Part title={words.everywhere}>
          {everywhere.length === 0 ? (
            <p className="text-muted">{words.none}</p>
          ) : (
            <PermissionList permissions={everywhere} {...shared} />
          )}
        </Part>
      )}
      {cameras.length > 0 && (
        <Part title={words.single}>
          <ul className="flex flex-col gap-3">
            {cameras.map(({ cameraId, permissions }) => (
              <li key={cameraId} className="grid gap-1 sm:grid-cols-[12rem_1fr]">
                <span className="font-medium break-words">
                  {all.find(({ id }) => id === cameraId)?.name ?? cameraId}
                </span>
                <PermissionList permissions={permissions} {...shared} />
              </li>
            ))}
          </ul>
        </Part>
      )}
    </div>
  );
}

function Person({ person }: { readonly person: UserPermissions }): ReactNode {
  const { displayName, name, role, disabled } = person.user;
  return (
    <li className="border-t border-line px-4 md:pl-2">
      <details className="group">
        <summary className="flex cursor-pointer list-none items-center gap-2 py-2.5">
          <ChevronRight
            size={16}
            aria-hidden
            className="shrink-0 text-muted transition-transform group-open:rotate-90"
          />
          <span className="min-w-0 flex-1">
            <span className="font-medium">{displayName}</span>{' '}
            <span className="text-muted">
              {name === displayName.toLocaleLowerCase() ? '' : `${name}, `}
              {messages.roles[role]}
            </span>
          </span>
          <span className="flex items-center gap-1.5 text-right text-small text-muted">
            {disabled && <CircleSlash size={14} aria-hidden className="shrink-0 text-bad" />}
            {disabled ? words.disabled : summaryOf(person)}
          </span>
        </summary>
        <Details person={person} />
      </details>
    </li>
  );
}

/** Who may do what with which camera, and why: as the gateway decides it. */
export function PermissionsPage(): ReactNode {
  const title = messages.settingsPlaces.permissions;
  useTitle(title);
  const { data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery({
    queryKey: PERMISSIONS_QUERY,
    queryFn: async ({ pageParam, signal }) => {
      const query = new URLSearchParams({
        limit: String(PAGE_SIZE),
        ...(pageParam && { cursor: pageParam }),
      });
      return api.get<PermissionPage>(`/api/v1/permissions?${query}`, signal);
    },
    initialPageParam: '',
    getNextPageParam: ({ nextCursor }) => nextCursor,
    retry: false,
  });
  if (error !== null && data === undefined) {
    return (
      <EmptyState icon={Unplug} title={messages.listFailed} text={error.message}>
        <Button onClick={() => void refetch()}>{messages.details.retry}</Button>
      </EmptyState>
    );
  }
  const people = data?.pages.flatMap(({ items }) => items);
  if (people?.length === 0) {
    return (
      <EmptyState icon={Users} title={words.empty} text={words.emptyText}>
        <Link to="/settings/people" className={PRIMARY_LINK}>
          {words.addPeople}
        </Link>
      </EmptyState>
    );
  }
  return (
    <div className="h-full overflow-auto pb-8">
      <PageHeader title={title} />
      <p className="max-w-xl px-4 pb-3 text-small text-muted md:pl-2">{words.text}</p>
      {people === undefined && <p className="p-4 text-muted md:pl-2">{messages.loading}</p>}
      <ul>
        {people?.map((person) => (
          <Person key={person.user.id} person={person} />
        ))}
      </ul>
      {hasNextPage && (
        <div className="p-4 md:pl-2">
          <Button disabled={isFetchingNextPage} onClick={() => void fetchNextPage()}>
            {words.more}
          </Button>
        </div>
      )}
    </div>
  );
}
