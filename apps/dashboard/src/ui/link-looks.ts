/** A link that looks like a button. */
export const PRIMARY_LINK =
  'inline-flex h-8 items-center gap-2 rounded-md bg-accent px-3 text-base font-medium text-on-accent hover:brightness-110 pointer-coarse:h-10';

export const SECONDARY_LINK =
  'inline-flex h-8 items-center gap-2 rounded-md bg-hover px-3 text-base font-medium whitespace-nowrap hover:bg-line pointer-coarse:h-10';
