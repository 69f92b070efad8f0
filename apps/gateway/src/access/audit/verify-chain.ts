import type { AUDIT_FAULTS, AuditVerification } from '@vedette/contract';
import type { Kysely } from 'kysely';
import type { AuditTable, Database } from '../../store/schema.ts';
import { CHAIN_START, type ChainLink } from './chain.ts';
import { readLink } from './append-entries.ts';
import { ANCHOR_KEY, type ChainSeal, HEAD_KEY } from './chain-seal.ts';

type Fault = (typeof AUDIT_FAULTS)[number];
type Broken = Extract<AuditVerification, { state: 'broken' }>;

/** Rows that are read at once. */
const CHUNK = 1000;

const SENTENCES: Readonly<Record<Fault, string>> = {
  changed: 'was changed after it was written',
  removed: 'is not there any more',
  inserted: 'was put in by somebody else',
  reordered: 'stood at another place',
  unsigned:
    'is not the end that was signed: the log was made anew from somewhere, or the key file is not the one it was written with',
};

/**
 * Reads the whole log and says whether it is what was written: every entry's hash, that each hangs on the one before,
 * that it begins where retention left it and ends where it was left last. Takes about a second for 50,000 entries, in
 * steps: nothing else waits for it. Entries that are written meanwhile are checked too.
 */
export async function verifyChain(db: Kysely<Database>, seal: ChainSeal): Promise<AuditVerification> {
  for (;;) {
    const anchor = await readLink(db, seal, ANCHOR_KEY);
    if (anchor.isThere && anchor.link === undefined) return broken(0, 1, 'unsigned');
    const walk = new ChainWalk(db, seal, anchor.link ?? CHAIN_START);
    const found = await walk.run();
    // Retention may have taken the beginning away meanwhile.
    if (found.state === 'broken' && (await readLink(db, seal, ANCHOR_KEY)).link?.seq !== anchor.link?.seq)
      continue;
    return found;
  }
}

function broken(entries: number, seq: number, fault: Fault): Broken {
  return { state: 'broken', entries, seq, fault, message: `Entry ${seq} ${SENTENCES[fault]}.` };
}

class ChainWalk {
  readonly #db: Kysely<Database>;
  readonly #seal: ChainSeal;
  readonly #start: ChainLink;
  /** The last intact one, and the one before. */
  #last: ChainLink;
  #beforeLast: ChainLink | undefined;

  constructor(db: Kysely<Database>, seal: ChainSeal, start: ChainLink) {
    this.#db = db;
    this.#seal = seal;
    this.#start = start;
    this.#last = start;
  }

  async run(): Promise<AuditVerification> {
    const wrong = (await this.#beforeStart()) ?? (await this.#readOn(Number.MAX_SAFE_INTEGER));
    if (wrong !== undefined) return wrong;
    const head = await readLink(this.#db, this.#seal, HEAD_KEY);
    // What was written since the last row was read.
    return (await this.#readOn(head.link?.seq ?? 0)) ?? this.#compareEnd(head);
  }

  /** What retention removed cannot be there. */
  async #beforeStart(): Promise<Broken | undefined> {
    const row = await this.#db
      .selectFrom('audit')
      .select('seq')
      .where('seq', '<=', this.#start.seq)
      .orderBy('seq')
      .limit(1)
      .executeTakeFirst();
    return row === undefined ? undefined : this.#broken(row.seq, 'inserted');
  }

  /** Checks the rows that follow, up to and with `until`. */
  async #readOn(until: number): Promise<Broken | undefined> {
    while (this.#last.seq < until) {
      const rows = await this.#rowsAfter(this.#last.seq, CHUNK, until);
      for (const [index, row] of rows.entries()) {
        const fault = this.#isNext(row) ? undefined : await this.#explain(row, rows[index + 1]);
        if (fault !== undefined) return fault;
        this.#beforeLast = this.#last;
        this.#last = { seq: row.seq, hash: row.hash };
      }
      if (rows.length < CHUNK) return undefined;
    }
    return undefined;
  }

  #isNext(row: AuditTable): boolean {
    return row.seq === this.#last.seq + 1 && row.previousHash === this.#last.hash && this.#seal.isIntact(row);
  }

  /** What was done to the first row that is not what it should be. */
  async #explain(row: AuditTable, readAhead: AuditTable | undefined): Promise<Broken> {
    const expected = this.#last.seq + 1;
    if (row.seq !== expected) return this.#broken(expected, 'removed');
    if (row.previousHash !== this.#last.hash) return this.#explainLink(row);
    const next = readAhead ?? (await this.#rowsAfter(row.seq, 1))[0];
    // Whoever puts a row in leaves the next one hanging on the one before it.
    const isInserted = next?.previousHash === this.#last.hash && next.hash !== row.hash;
    return this.#broken(row.seq, isInserted ? 'inserted' : 'changed');
  }

  async #explainLink(row: AuditTable): Promise<Broken> {
    // It hangs on the one before the last: the last one was put in between, with a hash that fits.
    if (row.previousHash === this.#beforeLast?.hash) return this.#broken(this.#last.seq, 'inserted');
    const isOnlyLinkChanged = this.#seal.hash({ ...row, previousHash: this.#last.hash }) === row.hash;
    if (isOnlyLinkChanged) return this.#broken(row.seq, 'changed');
    const hangsOn = await this.#db
      .selectFrom('audit')
      .select('seq')
      .where('hash', '=', row.previousHash)
      .limit(1)
      .executeTakeFirst();
    if (hangsOn !== undefined) return this.#broken(row.seq, 'reordered');
    // It is as it was written, at its place, and hung on something else: that was changed, and its hash with it.
    return this.#beforeLast !== undefined && this.#seal.isIntact(row)
      ? this.#broken(this.#last.seq, 'changed')
      : this.#broken(row.seq, 'removed');
  }

  #compareEnd({ isThere, link }: { isThere: boolean; link: ChainLink | undefined }): AuditVerification {
    if (!isThere && this.#last.seq === 0) return this.#intact();
    if (link === undefined) return this.#broken(this.#last.seq, 'unsigned');
    if (link.seq > this.#last.seq) return this.#broken(this.#last.seq + 1, 'removed');
    if (link.seq < this.#last.seq) return this.#broken(link.seq + 1, 'inserted');
    return link.hash === this.#last.hash ? this.#intact() : this.#broken(link.seq, 'unsigned');
  }

  #broken(seq: number, fault: Fault): Broken {
    return broken(Math.max(0, seq - 1 - this.#start.seq), seq, fault);
  }

  #intact(): AuditVerification {
    const entries = this.#last.seq - this.#start.seq;
    return {
      state: 'intact',
      entries,
      firstSeq: entries === 0 ? null : this.#start.seq + 1,
      lastSeq: entries === 0 ? null : this.#last.seq,
    };
  }

  async #rowsAfter(seq: number, limit: number, until = Number.MAX_SAFE_INTEGER): Promise<AuditTable[]> {
    return this.#db
      .selectFrom('audit')
      .selectAll()
      .where('seq', '>', seq)
      .where('seq', '<=', until)
      .orderBy('seq')
      .limit(limit)
      .execute();
  }
}
