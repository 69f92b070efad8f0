import type { ReactNode } from 'react';

/** What went wrong, in the gateway's own words; nothing where nothing did. */
export function Complaint({ error }: { readonly error: Error | null }): ReactNode {
  if (error === null) return null;
  return (
    <p role="alert" className="text-small text-bad">
      {error.message}
    </p>
  );
}
