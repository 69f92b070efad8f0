import { ApiError } from '@vedette/client';
import { useQuery, useQueryClient, type QueryClient } from '@tanstack/react-query';
import type { CameraAction, Profile } from '@vedette/contract';
import { api } from '../cameras/first-list.ts';
import { isStrangersPage } from '../login/next-place.ts';

/** What is not about one camera: see the contract. */
export type SiteAction = Profile['siteActions'][number];

const accountQuery = {
  queryKey: ['account'],
  queryFn: async ({ signal }: { signal: AbortSignal }): Promise<Profile | null> => {
    try {
      return await api.get<Profile>('/api/v1/me', signal);
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) return null;
      throw error;
    }
  },
  // On the pages of those who are not known it would be asked in vain.
  enabled: !isStrangersPage(location),
  staleTime: Infinity,
  retry: false,
} as const;

/** Who uses the page: `null` where nobody has logged in, `undefined` until that is known. */
export function useAccount(): Profile | null | undefined {
  return useQuery(accountQuery).data;
}

/** Whether the person may do this beside cameras; false until that is known. */
export function useMay(action: SiteAction): boolean {
  return useAccount()?.siteActions.includes(action) ?? false;
}

/** Whether the person may do this with a camera; false until that is known. */
export function useMayWith(cameraId: string, action: CameraAction): boolean {
  const account = useAccount();
  return account?.cameras.some(({ id, actions }) => id === cameraId && actions.includes(action)) ?? false;
}

/** Whether the person may make share links and tokens of a camera: who is nobody himself has nothing to lend. */
export function useMayShare(cameraId: string): boolean {
  const mayView = useMayWith(cameraId, 'view');
  return useMayLend() && mayView;
}

/** Whether the person may lend anything at all. */
function useMayLend(): boolean {
  const kind = useAccount()?.kind;
  return kind === 'user' || kind === 'everybody';
}

/**
 * Asks anew who it is, after something that may have changed that.
 *
 * @returns as {@link useAccount}; what was known before, where there is no answer.
 */
export async function refreshAccount(client: QueryClient): Promise<Profile | null | undefined> {
  await client.invalidateQueries({ queryKey: accountQuery.queryKey, exact: true });
  return client.getQueryData<Profile | null>(accountQuery.queryKey);
}

/** Ends the login of this browser, and everything that the page knows. */
export function useLogout(): () => Promise<void> {
  const client = useQueryClient();
  return async () => {
    await api.send('POST', '/api/v1/auth/logout', {});
    // The page is loaded anew: nothing of what it knew or played stays.
    client.clear();
    location.assign('/login');
  };
}
