const DEFAULT = '/';

/**
 * Where to go after logging in: the `next` of the login page's query, where it is a place of this site. Never
 * another site's: a link to the login page must not lead anybody away (open redirect).
 */
export function placeAfterLogin(search: string): string {
  const next = new URLSearchParams(search).get('next') ?? DEFAULT;
  // A path with one slash at its beginning; browsers take a backslash, a tab or a line break for more.
  return /^\/(?![/\\])[^\\\s]*$/.test(next) && !next.startsWith('/login') ? next : DEFAULT;
}

/** The login page that comes back to where the person is now. */
export function loginAddress({ pathname, search }: Pick<Location, 'pathname' | 'search'>): string {
  const here = pathname + search;
  return here === DEFAULT ? '/login' : `/login?${new URLSearchParams({ next: here })}`;
}

/** Whether the page is one of those who are not known yet: what is asked for there is asked in vain. */
export function isStrangersPage({ pathname }: Pick<Location, 'pathname'>): boolean {
  return /^\/(?:login|share)\/?$/.test(pathname);
}
