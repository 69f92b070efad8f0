/**
 * The stream token in the page's address (`/live/CAM?embed=1&token=…`): shows one camera to somebody who has not
 * logged in here, in a frame of another site, where this site's cookies are not sent.
 */
export const PAGE_TOKEN: string | undefined = new URLSearchParams(location.search).get('token') ?? undefined;
