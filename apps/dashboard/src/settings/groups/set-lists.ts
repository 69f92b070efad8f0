export type SetKind = 'group' | 'zone';

/** Where the API has them, and by which key they are kept: the same as of `useCameraSets`. */
export const SET_LISTS: Readonly<
  Record<SetKind, { readonly path: string; readonly queryKey: readonly ['groups' | 'zones'] }>
> = {
  group: { path: '/api/v1/groups', queryKey: ['groups'] },
  zone: { path: '/api/v1/zones', queryKey: ['zones'] },
};
