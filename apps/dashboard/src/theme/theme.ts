export type Theme = 'dark' | 'light' | 'system';

export const THEMES: readonly Theme[] = ['dark', 'light', 'system'];

const KEY = 'vedette.theme';
const listeners = new Set<() => void>();

function stored(): Theme {
  try {
    const value = localStorage.getItem(KEY);
    return THEMES.find((theme) => theme === value) ?? 'dark';
  } catch {
    return 'dark';
  }
}

let chosen: Theme | undefined;

function systemLight(): MediaQueryList {
  return matchMedia('(prefers-color-scheme: light)');
}

function apply(): void {
  const theme = currentTheme();
  const isLight = theme === 'light' || (theme === 'system' && systemLight().matches);
  document.documentElement.dataset['theme'] = isLight ? 'light' : 'dark';
}

/** Puts the chosen theme on the page and keeps it there when the system's changes. */
export function startTheme(): void {
  apply();
  systemLight().addEventListener('change', apply);
}

export function currentTheme(): Theme {
  chosen ??= stored();
  return chosen;
}

export function chooseTheme(theme: Theme): void {
  chosen = theme;
  try {
    localStorage.setItem(KEY, theme);
  } catch {
    // Blocked or full: it holds for this page.
  }
  apply();
  for (const listener of listeners) listener();
}

export function subscribeTheme(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
