/**
 * Why a handshake is refused: the numbers that callers print (draft-sharabayko-srt §4.3.1; access control
 * codes of Haivision's AccessControl.md). On the wire they stand 1000 higher, as the handshake's type.
 */
export const SRT_REJECT = {
  unknown: 0,
  system: 1,
  peer: 2,
  resource: 3,
  rogue: 4,
  backlog: 5,
  internal: 6,
  closed: 7,
  version: 8,
  rendezvousCookie: 9,
  /** The passphrase is wrong. */
  badSecret: 10,
  /** One side has a passphrase and the other has none. */
  unsecure: 11,
  messageApi: 12,
  congestion: 13,
  filter: 14,
  group: 15,
  timeout: 16,
  crypto: 17,
  badRequest: 1400,
  unauthorized: 1401,
  overload: 1402,
  forbidden: 1403,
  notFound: 1404,
  badMode: 1405,
  unacceptable: 1406,
  conflict: 1409,
  unsupportedMedia: 1415,
  locked: 1423,
  failedDependency: 1424,
  serverError: 1500,
  unimplemented: 1501,
  gateway: 1502,
  down: 1503,
  noRoom: 1507,
} as const;
export type SrtReject = keyof typeof SRT_REJECT;

const WORDS: Readonly<Partial<Record<number, string>>> = {
  [SRT_REJECT.system]: 'it has trouble with its own system',
  [SRT_REJECT.peer]: 'it refuses the connection',
  [SRT_REJECT.resource]: 'it has no resources left',
  [SRT_REJECT.rogue]: 'it finds the handshake wrong',
  [SRT_REJECT.backlog]: 'too many callers wait there',
  [SRT_REJECT.closed]: 'it is closing',
  [SRT_REJECT.version]: 'its version of SRT is too old or too new',
  [SRT_REJECT.badSecret]: 'the passphrase is wrong',
  [SRT_REJECT.unsecure]: 'one side has a passphrase and the other has none',
  [SRT_REJECT.messageApi]: 'it is not in live mode',
  [SRT_REJECT.congestion]: 'it is not in live mode',
  [SRT_REJECT.filter]: 'it asks for a packet filter',
  [SRT_REJECT.group]: 'it asks for bonding',
  [SRT_REJECT.timeout]: 'it took too long',
  [SRT_REJECT.crypto]: 'it has another kind of encryption',
  [SRT_REJECT.badRequest]: 'it does not understand the stream id',
  [SRT_REJECT.unauthorized]: 'the user or the password is wrong',
  [SRT_REJECT.overload]: 'it is overloaded',
  [SRT_REJECT.forbidden]: 'it forbids this',
  [SRT_REJECT.notFound]: 'there is no such stream',
  [SRT_REJECT.badMode]: 'the stream cannot be used in this direction',
  [SRT_REJECT.conflict]: 'somebody else publishes there',
  [SRT_REJECT.locked]: 'the stream is locked',
  [SRT_REJECT.down]: 'it is down',
};

const WIRE_BASE = 1000;

/** The handshake type by which `reject` is told. */
export function rejectToWire(reject: SrtReject): number {
  return WIRE_BASE + SRT_REJECT[reject];
}

/** The number people know, of a handshake type; `undefined` for those that refuse nothing. */
export function rejectFromWire(type: number): number | undefined {
  return type >= WIRE_BASE && type < 0x8000_0000 ? type - WIRE_BASE : undefined;
}

/** What a refusal by number means, as the end of "the peer refused: …". */
export function describeReject(code: number): string {
  return WORDS[code] ?? 'it gives no reason that is known here';
}
