import { Link, Outlet } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useAccount } from '../account/use-account.ts';
import { messages } from '../messages/index.ts';
import { placesFor } from './settings-places.ts';

const ITEM =
  'block rounded-md px-3 py-1.5 whitespace-nowrap text-muted hover:bg-hover hover:text-text data-[status=active]:bg-hover data-[status=active]:text-text pointer-coarse:py-2.5';

/** What stands around the pages of the settings: their list, on the left or, where there is no room, on top. */
export function SettingsLayout(): ReactNode {
  const account = useAccount();
  return (
    <div className="flex h-full flex-col md:flex-row">
      <nav
        aria-label={messages.settings.title}
        className="shrink-0 overflow-x-auto border-b border-line p-2 md:w-44 md:border-r md:border-b-0"
      >
        <ul className="flex gap-1 md:flex-col">
          {(account ? placesFor(account) : []).map(({ to, label }) => (
            <li key={to}>
              <Link to={to} className={ITEM}>
                {label}
              </Link>
            </li>
          ))}
        </ul>
      </nav>
      <div className="flex min-h-0 min-w-0 flex-1 flex-col md:pl-2">
        <Outlet />
      </div>
    </div>
  );
}
