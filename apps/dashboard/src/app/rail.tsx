import { Link } from '@tanstack/react-router';
import {
  CircleQuestionMark,
  CircleUserRound,
  LayoutGrid,
  Moon,
  Search,
  Settings,
  Sun,
  SunMoon,
  Users,
  type LucideIcon,
} from 'lucide-react';
import { useSyncExternalStore, type ReactNode } from 'react';
import { useAccount } from '../account/use-account.ts';
import { messages } from '../messages/index.ts';
import { chooseTheme, currentTheme, subscribeTheme, THEMES } from '../theme/theme.ts';
import { IconButton } from '../ui/button.tsx';
import { ChoiceMenu } from '../ui/menu.tsx';
import { Hint } from '../ui/tooltip.tsx';
import { Mark } from './mark.tsx';
import { useOverlays } from './overlays.ts';

const ITEM =
  'inline-flex size-10 cursor-pointer items-center justify-center rounded-md text-muted transition-colors hover:bg-hover hover:text-text data-[status=active]:bg-hover data-[status=active]:text-text';

function Place({
  to,
  icon: Icon,
  label,
}: {
  to: '/' | '/sessions' | '/settings';
  icon: LucideIcon;
  label: string;
}): ReactNode {
  return (
    <li>
      <Hint text={label} side="right">
        <Link
          to={to}
          activeOptions={{ exact: to !== '/', includeSearch: false }}
          aria-label={label}
          className={ITEM}
        >
          <Icon size={20} strokeWidth={1.75} aria-hidden />
        </Link>
      </Hint>
    </li>
  );
}

const THEME_ICONS = { dark: Moon, light: Sun, system: SunMoon } as const;

function ThemeMenu(): ReactNode {
  const theme = useSyncExternalStore(subscribeTheme, currentTheme);
  const Icon = THEME_ICONS[theme];
  return (
    <ChoiceMenu
      label={messages.theme.label}
      value={theme}
      choices={THEMES.map((value) => ({ value, label: messages.theme[value] }))}
      onChoose={chooseTheme}
      side="right"
    >
      <button type="button" aria-label={messages.theme.label} className={ITEM}>
        <Icon size={20} strokeWidth={1.75} aria-hidden />
      </button>
    </ChoiceMenu>
  );
}

function AccountMenu(): ReactNode {
  const account = useAccount();
  if (account?.kind !== 'user') return null;
  return (
    <nav aria-label={messages.places.account}>
      <Hint text={messages.places.accountOf(account.name)} side="right">
        <Link to="/account" aria-label={messages.places.accountOf(account.name)} className={ITEM}>
          <CircleUserRound size={20} strokeWidth={1.75} aria-hidden />
        </Link>
      </Hint>
    </nav>
  );
}

/** The places: on the left where there is room, at the bottom on phones. */
export function Rail(): ReactNode {
  const { openPalette, openHelp } = useOverlays();
  return (
    <div className="flex shrink-0 items-center justify-between gap-1 border-t border-line bg-canvas px-3 py-1 pb-[max(4px,env(safe-area-inset-bottom))] md:w-[var(--rail)] md:flex-col md:border-t-0 md:px-0 md:py-3">
      <div className="contents md:flex md:flex-col md:items-center md:gap-4">
        <div className="hidden md:block" title={messages.product}>
          <Mark />
        </div>
        <nav aria-label={messages.places.label}>
          <ul className="flex gap-1 md:flex-col">
            <Place to="/" icon={LayoutGrid} label={messages.places.live} />
            <Place to="/sessions" icon={Users} label={messages.places.sessions} />
            <Place to="/settings" icon={Settings} label={messages.places.settings} />
          </ul>
        </nav>
      </div>
      <div className="flex gap-1 md:flex-col">
        <IconButton
          icon={Search}
          label={messages.palette.open}
          shortcut="Ctrl K"
          side="right"
          className="size-10"
          onClick={openPalette}
        />
        <AccountMenu />
        <ThemeMenu />
        <IconButton
          icon={CircleQuestionMark}
          label={messages.help}
          shortcut="?"
          side="right"
          className="size-10"
          onClick={openHelp}
        />
      </div>
    </div>
  );
}
