import { createHmac, timingSafeEqual } from 'node:crypto';
import type { AuditTable } from '../../store/schema.ts';
import { commitmentTo, hashOf, type ChainLink, type PersonalPart } from './chain.ts';

/** Settings that say where the log begins and ends. */
export const HEAD_KEY = 'audit.head';
export const ANCHOR_KEY = 'audit.anchor';
type LinkKey = typeof HEAD_KEY | typeof ANCHOR_KEY;

const ERASED = 'erased';

/**
 * What the chain alone cannot show, signed with a key that is not in the database: where it ends (else the newest
 * entries could be cut off, or the whole be made anew), where it begins (retention removes the oldest), and which
 * names were erased by this program.
 */
export class ChainSeal {
  readonly #key: Uint8Array;

  /** @param key 32 bytes: `secrets.key('audit')`. */
  constructor(key: Uint8Array) {
    this.#key = key;
  }

  /** The value of a setting. */
  link(key: LinkKey, { seq, hash }: ChainLink): string {
    return JSON.stringify({ seq, hash, mac: this.#mac([key, seq, hash]) });
  }

  /** @returns `undefined` where it was not written by this program with this key. */
  openLink(key: LinkKey, value: string): ChainLink | undefined {
    const parsed = parseLink(value);
    if (parsed === undefined) return undefined;
    const { seq, hash, mac } = parsed;
    return isSame(mac, this.#mac([key, seq, hash])) ? { seq, hash } : undefined;
  }

  /** The row without what names people in `part`; `replacement` stands there instead. The chain still holds. */
  erase(row: AuditTable, part: PersonalPart, replacement: Partial<AuditTable>): AuditTable {
    const commitment = this.#commitment(row, part);
    const erased = { ...row, ...replacement };
    const proof = `${ERASED}.${commitment}.${this.#erasureMac(erased, part, commitment)}`;
    return part === 'actor' ? { ...erased, actorProof: proof } : { ...erased, objectProof: proof };
  }

  /** Whether the row is what its hash says, erased parts included. */
  isIntact(row: AuditTable): boolean {
    for (const part of ['actor', 'object'] as const) {
      const erased = erasedProof(row, part);
      if (erased !== undefined && !isSame(erased.mac, this.#erasureMac(row, part, erased.commitment)))
        return false;
    }
    return row.hash === this.hash(row);
  }

  /** The hash that the row should have. */
  hash(row: AuditTable): string {
    return hashOf(row, this.#commitment(row, 'actor'), this.#commitment(row, 'object'));
  }

  #commitment(row: AuditTable, part: PersonalPart): string {
    return erasedProof(row, part)?.commitment ?? commitmentTo(part, row, proofOf(row, part));
  }

  #erasureMac(row: AuditTable, part: PersonalPart, commitment: string): string {
    const text = part === 'actor' ? [row.actorName, row.address, row.userAgent] : [row.target, row.detail];
    return this.#mac([ERASED, part, row.seq, commitment, ...text]);
  }

  #mac(parts: readonly (string | number | null)[]): string {
    return createHmac('sha256', this.#key).update(JSON.stringify(parts)).digest('base64url');
  }
}

function proofOf(row: AuditTable, part: PersonalPart): string {
  return part === 'actor' ? row.actorProof : row.objectProof;
}

export function isErased(row: AuditTable, part: PersonalPart): boolean {
  return proofOf(row, part).startsWith(`${ERASED}.`);
}

function erasedProof(row: AuditTable, part: PersonalPart): { commitment: string; mac: string } | undefined {
  if (!isErased(row, part)) return undefined;
  const [, commitment = '', mac = ''] = proofOf(row, part).split('.');
  return { commitment, mac };
}

function parseLink(value: string): (ChainLink & { mac: string }) | undefined {
  try {
    const { seq, hash, mac } = JSON.parse(value) as Record<string, unknown>;
    const isLink = Number.isSafeInteger(seq) && typeof hash === 'string' && typeof mac === 'string';
    return isLink ? { seq: Number(seq), hash, mac } : undefined;
  } catch {
    return undefined;
  }
}

function isSame(a: string, b: string): boolean {
  const left = Buffer.from(a);
  const right = Buffer.from(b);
  return left.length === right.length && timingSafeEqual(left, right);
}
