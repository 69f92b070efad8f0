import { useMutation } from '@tanstack/react-query';
import type { AuditVerification } from '@vedette/contract';
import { ShieldAlert, ShieldCheck } from 'lucide-react';
import type { ReactNode } from 'react';
import { api } from '../../cameras/first-list.ts';
import { setupMessages } from '../../messages/setup.ts';
import { Button } from '../../ui/button.tsx';
import { Complaint } from '../../ui/complaint.tsx';

const words = setupMessages.audit;

/** Asks whether every entry is still as it was written, and says so. */
export function AuditVerdict(): ReactNode {
  const { mutate, data, error, isPending } = useMutation({
    mutationFn: async () => api.get<AuditVerification>('/api/v1/audit/verify'),
  });
  return (
    <>
      <Complaint error={error} />
      {data !== undefined && (
        <span
          role="status"
          className={`inline-flex items-center gap-1 text-small ${data.state === 'intact' ? 'text-ok' : 'text-bad'}`}
        >
          {data.state === 'intact' ? (
            <ShieldCheck size={16} aria-hidden />
          ) : (
            <ShieldAlert size={16} aria-hidden />
          )}
          {data.state === 'intact' ? words.intact(data.entries) : words.broken(data.seq, data.message)}
        </span>
      )}
      <Button onClick={() => mutate()} disabled={isPending}>
        {isPending ? words.verifying : words.verify}
      </Button>
    </>
  );
}
