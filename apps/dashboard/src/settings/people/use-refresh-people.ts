import { useQueryClient } from '@tanstack/react-query';
import { refreshAccount } from '../../account/use-account.ts';

/** Of the list of people. */
export const PEOPLE_QUERY = ['users'];
/** Of the table of permissions. */
export const PERMISSIONS_QUERY = ['permissions'];

/** What stands on the page about people is asked for anew. */
export function useRefreshPeople(): () => Promise<void> {
  const client = useQueryClient();
  return async () => {
    await client.invalidateQueries({ queryKey: PEOPLE_QUERY });
    await client.invalidateQueries({ queryKey: PERMISSIONS_QUERY });
    // It may have been oneself.
    await refreshAccount(client);
  };
}
