import { z } from 'zod';

/** Query of every list: `cursor` is opaque, from the page before. */
export const pageQuery = z.object({
  limit: z.coerce.number().int().min(1).max(1000).default(100),
  cursor: z.string().max(500).optional(),
});

/** One page of `items`, in the order of `key`; the cursor is the key of the last item shown. */
export function page<Item>(
  items: readonly Item[],
  key: (item: Item) => string,
  { limit, cursor }: z.infer<typeof pageQuery>,
): { items: Item[]; nextCursor: string | null } {
  const after = cursor === undefined ? undefined : Buffer.from(cursor, 'base64url').toString();
  const rest = after === undefined ? items : items.filter((item) => key(item) > after);
  const shown = rest.toSorted((a, b) => (key(a) < key(b) ? -1 : 1)).slice(0, limit);
  const last = shown.at(-1);
  const nextCursor =
    rest.length > limit && last !== undefined ? Buffer.from(key(last)).toString('base64url') : null;
  return { items: shown, nextCursor };
}

/** Key of a list in the order in which its items were made. */
export function byCreation({ createdAt, id }: { readonly createdAt: string; readonly id: string }): string {
  return `${createdAt} ${id}`;
}
