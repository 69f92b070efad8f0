import { ChevronLeft, ChevronRight, Expand } from 'lucide-react';
import type { ReactNode } from 'react';
import { messages } from '../messages/index.ts';
import { IconButton } from '../ui/button.tsx';
import { classNames } from '../ui/class-names.ts';
import { Hint } from '../ui/tooltip.tsx';
import { toggleFullScreen } from '../ui/full-screen.ts';
import { LAYOUTS, type Layout } from './grid-layout.ts';

/** The key of each layout: as many rows as its number says. */
export const LAYOUT_KEYS: Readonly<Record<string, Layout>> = { 1: 1, 2: 4, 3: 9, 4: 16, 0: 'auto' };

function keyFor(layout: Layout): string | undefined {
  return Object.entries(LAYOUT_KEYS).find(([, value]) => value === layout)?.[0];
}

function LayoutChoice({
  layout,
  onChoose,
}: {
  layout: Layout;
  onChoose: (layout: Layout) => void;
}): ReactNode {
  return (
    <div role="group" aria-label={messages.live.layout} className="flex rounded-md bg-surface p-0.5">
      {LAYOUTS.map((value) => (
        <Hint key={value} text={messages.live.layoutName[value]} shortcut={keyFor(value)} side="bottom">
          <button
            type="button"
            aria-label={messages.live.layoutName[value]}
            aria-pressed={value === layout}
            onClick={() => onChoose(value)}
            className={classNames(
              'h-7 min-w-8 cursor-pointer rounded px-1.5 sm:px-2 text-small transition-colors pointer-coarse:h-9',
              value === layout ? 'bg-hover font-medium text-text' : 'text-muted hover:text-text',
            )}
          >
            {messages.live.layouts[value]}
          </button>
        </Hint>
      ))}
    </div>
  );
}

interface PagerProps {
  readonly page: number;
  readonly pages: number;
  readonly onPage: (page: number) => void;
}

function Pager({ page, pages, onPage }: PagerProps): ReactNode {
  if (pages < 2) return null;
  return (
    <div className="flex items-center">
      <IconButton
        icon={ChevronLeft}
        label={messages.live.previousPage}
        shortcut="PgUp"
        side="bottom"
        disabled={page === 1}
        className="disabled:opacity-40"
        onClick={() => onPage(page - 1)}
      />
      <span className="px-1 text-small whitespace-nowrap text-muted">
        <span aria-hidden>{messages.live.page(page, pages)}</span>
        <span className="sr-only">{messages.live.pageLabel(page, pages)}</span>
      </span>
      <IconButton
        icon={ChevronRight}
        label={messages.live.nextPage}
        shortcut="PgDn"
        side="bottom"
        disabled={page === pages}
        className="disabled:opacity-40"
        onClick={() => onPage(page + 1)}
      />
    </div>
  );
}

export interface LiveToolbarProps extends PagerProps {
  readonly summary: string;
  readonly layout: Layout;
  readonly onLayout: (layout: Layout) => void;
}

export function LiveToolbar({ summary, layout, onLayout, ...pager }: LiveToolbarProps): ReactNode {
  return (
    <header className="flex h-[var(--bar)] shrink-0 items-center gap-2 px-3 sm:gap-3 sm:px-4 md:pl-2">
      <h1 className="text-title font-semibold">{messages.live.title}</h1>
      <p className="min-w-0 flex-1 truncate text-small text-muted max-sm:invisible">{summary}</p>
      <Pager {...pager} />
      <LayoutChoice layout={layout} onChoose={onLayout} />
      <IconButton
        icon={Expand}
        label={messages.live.wall}
        shortcut="F"
        side="bottom"
        className="max-sm:hidden"
        onClick={() => void toggleFullScreen(document.documentElement)}
      />
    </header>
  );
}
