import { Navigate } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useAccount } from '../account/use-account.ts';
import { placesFor } from './settings-places.ts';

/** `/settings`: the first page in which the person finds something. */
export function SettingsStart(): ReactNode {
  const account = useAccount();
  const [first] = account ? placesFor(account) : [];
  return first === undefined ? null : <Navigate to={first.to} replace />;
}
