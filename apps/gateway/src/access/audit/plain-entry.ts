import type { AuditEntry } from '../audit-entry.ts';
import { EVERYBODY, identityName, type Identity } from '../identity.ts';
import type { PlainEntry } from './chain.ts';

const MAX_NAME = 200;
const MAX_USER_AGENT = 300;
const MAX_ADDRESS = 64;
const MAX_DETAIL_BYTES = 4096;
/** Of a detail that is too long, so much of its beginning is kept; escaping may double it. */
const CUT_DETAIL = 1500;

/** Who does what the program does by itself. */
export const PROGRAM: Identity = EVERYBODY;

/** An entry as it is kept: what it says at this moment, cut to its limits. Never throws. */
export function plainEntry(entry: AuditEntry, at: number): PlainEntry {
  const { identity, cameraId, target } = entry;
  return {
    at,
    actorKind: identity.kind,
    actorId: 'id' in identity ? clean(identity.id, MAX_NAME) : '',
    userId: userOf(identity),
    actorName: clean(identityName(identity), MAX_NAME),
    action: clean(entry.action, MAX_NAME),
    cameraId: cameraId === undefined ? null : clean(cameraId, MAX_NAME),
    target: target === undefined ? null : clean(target, MAX_NAME),
    address: clean(entry.address, MAX_ADDRESS),
    userAgent: clean(entry.userAgent ?? '', MAX_USER_AGENT),
    result: entry.result,
    detail: detailJson(entry.detail),
  };
}

function userOf(identity: Identity): string | null {
  if (identity.kind === 'user') return identity.id;
  return identity.kind === 'streamToken' ? identity.userId : null;
}

/** Text that both databases give back as it was: PostgreSQL takes no NUL, UTF-8 no half of a surrogate pair. */
function clean(text: string, limit: number): string {
  return text.slice(0, limit).replaceAll('\0', '').toWellFormed();
}

function detailJson(detail: AuditEntry['detail']): string {
  if (detail === undefined) return '{}';
  let json: string;
  try {
    json = JSON.stringify(detail);
  } catch {
    return '{"unreadable":true}';
  }
  if (Buffer.byteLength(json) <= MAX_DETAIL_BYTES) return json;
  return JSON.stringify({ cut: true, beginning: json.slice(0, CUT_DETAIL).toWellFormed() });
}
