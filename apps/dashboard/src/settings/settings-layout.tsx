import { Link, Outlet, useRouterState } from '@tanstack/react-router';
import { Lock } from 'lucide-react';
import { useEffect, useRef, type ReactNode } from 'react';
import { useAccount } from '../account/use-account.ts';
import { messages } from '../messages/index.ts';
import { setupMessages } from '../messages/setup.ts';
import { EmptyState } from '../ui/empty-state.tsx';
import { placesFor, SETTINGS_PLACES } from './settings-places.ts';

const ITEM =
  'block rounded-md px-3 py-1.5 whitespace-nowrap text-muted hover:bg-hover hover:text-text data-[status=active]:bg-hover data-[status=active]:text-text pointer-coarse:py-2.5';

/** What stands around the pages of the settings: their list, on the left or, where there is no room, on top. */
export function SettingsLayout(): ReactNode {
  const account = useAccount();
  const path = useRouterState({ select: ({ location }) => location.pathname });
  const places = account ? placesFor(account) : [];
  const place = SETTINGS_PLACES.find(({ to }) => path.startsWith(to));
  const isForbidden = Boolean(account) && place !== undefined && !places.includes(place);
  const list = useRef<HTMLUListElement>(null);
  useEffect(() => {
    // On phones the list is wider than the screen.
    const here = list.current?.querySelector('[aria-current="page"]');
    here?.scrollIntoView({ block: 'nearest', inline: 'center' });
  }, [path, account]);
  return (
    <div className="flex h-full flex-col md:flex-row">
      <nav
        aria-label={messages.places.settings}
        className="shrink-0 overflow-x-auto border-b border-line p-2 md:w-44 md:border-r md:border-b-0"
      >
        <ul ref={list} className="flex gap-1 md:flex-col">
          {places.map(({ to, label }) => (
            <li key={to}>
              <Link to={to} className={ITEM}>
                {label}
              </Link>
            </li>
          ))}
        </ul>
      </nav>
      <div className="flex min-h-0 min-w-0 flex-1 flex-col md:pl-2">
        {/* Before it is known who asks, pages would ask for what he may not have. */}
        {account && !isForbidden && <Outlet />}
        {isForbidden && (
          <EmptyState icon={Lock} title={messages.states.forbidden} text={setupMessages.settings.forbidden} />
        )}
      </div>
    </div>
  );
}
