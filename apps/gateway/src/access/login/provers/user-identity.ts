import type { Proof } from '../../prover.ts';
import type { UserRecord } from '../user-records.ts';

export function proofOfUser({ id, name }: Pick<UserRecord, 'id' | 'name'>): Proof {
  return { ok: true, identity: { kind: 'user', id, name } };
}
