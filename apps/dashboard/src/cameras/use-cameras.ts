import { useQuery, type QueryClient } from '@tanstack/react-query';
import type { Camera } from '@vedette/contract';
import { byName, firstCameraList, forgetFirstCameraList } from './first-list.ts';

const camerasQuery = {
  queryKey: ['cameras'],
  queryFn: async (): Promise<Camera[]> => {
    try {
      return (await firstCameraList()).toSorted(byName);
    } catch (error) {
      forgetFirstCameraList();
      throw error;
    }
  },
  // The event socket keeps it fresh.
  staleTime: Infinity,
  gcTime: Infinity,
} as const;

/** Puts a whole list in place of what was known. */
export function replaceCameras(client: QueryClient, cameras: readonly Camera[]): void {
  client.setQueryData(camerasQuery.queryKey, cameras.toSorted(byName));
}

/** Puts in one camera, new or changed. @returns which. */
export function upsertCamera(client: QueryClient, camera: Camera): 'new' | 'changed' {
  const known = client.getQueryData<Camera[]>(camerasQuery.queryKey);
  const isKnown = known?.some(({ id }) => id === camera.id) === true;
  client.setQueryData<Camera[]>(camerasQuery.queryKey, (before = []) => {
    const index = before.findIndex(({ id }) => id === camera.id);
    if (index === -1) return [...before, camera].sort(byName);
    const changed = before.with(index, camera);
    return before[index]?.name === camera.name ? changed : changed.sort(byName);
  });
  return isKnown ? 'changed' : 'new';
}

export function removeCamera(client: QueryClient, cameraId: string): void {
  client.setQueryData<Camera[]>(camerasQuery.queryKey, (before = []) =>
    before.filter(({ id }) => id !== cameraId),
  );
}

export interface CameraList<Value> {
  /** `undefined` until the list is there. */
  readonly data: Value | undefined;
  readonly isFailed: boolean;
}

/** All cameras, or what `select` makes of them; renders again only when that differs. */
export function useCameras<Value>(select: (cameras: Camera[]) => Value): CameraList<Value> {
  const { data, isError } = useQuery({ ...camerasQuery, select });
  return { data, isFailed: isError };
}

/** One camera; renders again only when it changes. */
export function useCamera(cameraId: string): { camera: Camera | undefined; isMissing: boolean } {
  const { data } = useCameras((cameras) => cameras.find(({ id }) => id === cameraId) ?? null);
  return { camera: data ?? undefined, isMissing: data === null };
}
