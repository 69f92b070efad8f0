/** What a path is resolved against; of no meaning. */
const SOMEWHERE = 'http://vedette.invalid';
const MAX_PATH = 1000;

/**
 * Where somebody is led to after he logged in: a path of this site, `/` for whatever else was asked for. What browsers
 * read as another site (`//evil`, `/\evil`, `/<tab>/evil`, `https:evil`) is taken apart as they do it (WHATWG URL §4.4)
 * before it is compared.
 */
export function localPath(wanted: string | undefined): string {
  if (wanted === undefined || !wanted.startsWith('/') || wanted.length > MAX_PATH) return '/';
  if (!URL.canParse(wanted, SOMEWHERE)) return '/';
  const { origin, pathname, search, hash } = new URL(wanted, SOMEWHERE);
  // A path may be `//evil` only after it was taken apart, as in `/.//evil`.
  return origin === SOMEWHERE && !pathname.startsWith('//') ? `${pathname}${search}${hash}` : '/';
}
