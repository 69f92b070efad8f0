import { LAYOUTS, type Layout } from './grid-layout.ts';

/** What the address of the live page says; what it leaves out comes from the last visit. */
export interface LiveSearch {
  readonly layout?: Layout;
  /** From 1. */
  readonly page?: number;
}

export interface LiveView {
  readonly layout: Layout;
  readonly page: number;
}

type Store = Pick<Storage, 'getItem' | 'setItem'>;

const KEY = 'vedette.live';

function toLayout(value: unknown): Layout | undefined {
  return LAYOUTS.find((layout) => String(layout) === String(value));
}

function toPage(value: unknown): number | undefined {
  const page = Number(value);
  return Number.isInteger(page) && page >= 1 ? page : undefined;
}

/** Reads `?layout=` and `?page=`; nonsense is left out. */
export function parseLiveSearch(search: Readonly<Record<string, unknown>>): LiveSearch {
  const layout = toLayout(search['layout']);
  const page = toPage(search['page']);
  return { ...(layout === undefined ? {} : { layout }), ...(page === undefined ? {} : { page }) };
}

/** The view to show: the address first, then the last visit, then everything. */
export function resolveLiveView(search: LiveSearch, store: Store): LiveView {
  let last: LiveSearch = {};
  try {
    last = parseLiveSearch(JSON.parse(store.getItem(KEY) ?? '{}') as Record<string, unknown>);
  } catch {
    // Something else wrote there, or storage is blocked: begin anew.
  }
  const layout = search.layout ?? last.layout ?? 'auto';
  // A page belongs to its layout.
  const lastPage = layout === last.layout ? last.page : undefined;
  return { layout, page: search.page ?? (search.layout === undefined ? lastPage : undefined) ?? 1 };
}

export function rememberLiveView(view: LiveView, store: Store): void {
  try {
    store.setItem(KEY, JSON.stringify(view));
  } catch {
    // Blocked or full: the address still has it.
  }
}
