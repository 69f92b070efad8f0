import { useQuery, type QueryClient } from '@tanstack/react-query';
import type { Push } from '@vedette/contract';

/** Filled by the event socket, which tells all pushes when it opens and each that changes after that. */
const pushesQuery = {
  queryKey: ['pushes'],
  queryFn: (): Push[] => [],
  enabled: false,
  staleTime: Infinity,
  gcTime: Infinity,
} as const;

const isSame = (a: Push, cameraId: string, id: string): boolean => a.cameraId === cameraId && a.id === id;

/** Puts a whole list in place of what was known. */
export function replacePushes(client: QueryClient, pushes: readonly Push[]): void {
  client.setQueryData(pushesQuery.queryKey, [...pushes]);
}

/** Puts in one push, new or changed. */
export function upsertPush(client: QueryClient, push: Push): void {
  client.setQueryData<Push[]>(pushesQuery.queryKey, (before = []) => {
    const isKnown = before.some((known) => isSame(known, push.cameraId, push.id));
    if (!isKnown) return [...before, push];
    return before.map((known) => (isSame(known, push.cameraId, push.id) ? push : known));
  });
}

export function removePush(client: QueryClient, cameraId: string, id: string): void {
  client.setQueryData<Push[]>(pushesQuery.queryKey, (before = []) =>
    before.filter((known) => !isSame(known, cameraId, id)),
  );
}

/** The pushes of one camera, in the order in which they were declared. */
export function usePushes(cameraId: string): readonly Push[] {
  const { data = [] } = useQuery({
    ...pushesQuery,
    select: (pushes: Push[]) => pushes.filter((push) => push.cameraId === cameraId),
  });
  return data;
}
