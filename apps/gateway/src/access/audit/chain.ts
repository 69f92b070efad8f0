import { createHash, createHmac, randomBytes } from 'node:crypto';
import type { AuditTable } from '../../store/schema.ts';

/** What an entry says, before it has a place in the chain. */
export type PlainEntry = Omit<AuditTable, 'seq' | 'actorProof' | 'objectProof' | 'previousHash' | 'hash'>;

/** The end of the chain, or of a part of it: what the next entry hangs on. */
export interface ChainLink {
  readonly seq: number;
  readonly hash: string;
}

/** Names the way that hashes are made: a new way gets a new name. */
const VERSION = 'vedette-audit-1';

/** What the first entry of all hangs on. */
export const CHAIN_START: ChainLink = { seq: 0, hash: '' };

const SALT_BYTES = 16;

/** The parts of an entry that name people: each is erased for itself. */
export type PersonalPart = 'actor' | 'object';

/** Which columns make a part, in the order in which they are committed to. */
function textOf(part: PersonalPart, row: PlainEntry): (string | null)[] {
  return part === 'actor' ? [row.actorName, row.address, row.userAgent] : [row.target, row.detail];
}

/**
 * What the chain holds of the personal part: HMAC-SHA256 of it under a salt of its own, base64url. Once the salt is
 * gone, it tells nothing: not even whether a guess is right.
 */
export function commitmentTo(part: PersonalPart, row: PlainEntry, salt: string): string {
  return createHmac('sha256', salt)
    .update(JSON.stringify([VERSION, part, ...textOf(part, row)]))
    .digest('base64url');
}

/** The hash of an entry: SHA-256 over its place, what it says, its commitments and the hash before, base64url. */
export function hashOf(
  { seq, previousHash, ...row }: PlainEntry & Pick<AuditTable, 'seq' | 'previousHash'>,
  actorCommitment: string,
  objectCommitment: string,
): string {
  const canonical = JSON.stringify([
    VERSION,
    seq,
    row.at,
    row.actorKind,
    row.actorId,
    row.userId,
    row.action,
    row.cameraId,
    row.result,
    actorCommitment,
    objectCommitment,
    previousHash,
  ]);
  return createHash('sha256').update(canonical).digest('base64url');
}

/** Hangs an entry on the chain. */
export function chained(entry: PlainEntry, { seq, hash }: ChainLink): AuditTable {
  const actorProof = newSalt();
  const objectProof = newSalt();
  const row = { ...entry, seq: seq + 1, actorProof, objectProof, previousHash: hash };
  return {
    ...row,
    hash: hashOf(row, commitmentTo('actor', row, actorProof), commitmentTo('object', row, objectProof)),
  };
}

function newSalt(): string {
  return randomBytes(SALT_BYTES).toString('base64url');
}
