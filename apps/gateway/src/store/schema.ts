// The tables, as queries see them: the same in both databases. Moments are ms since the Unix epoch, yes and no are
// 1 and 0, lists and objects are JSON text. What is secret is sealed (`Secrets.seal`) or hashed before it comes here.

/** 1 or 0: neither database's own boolean is the other's. */
export type Flag = 0 | 1;

export interface UsersTable {
  id: string;
  /** In lower case: names are compared so. */
  name: string;
  displayName: string;
  role: 'user' | 'operator' | 'admin';
  /** Argon2id, PHC string; null: logs in by OpenID Connect only. */
  passwordHash: string | null;
  mustChangePassword: Flag;
  /** Sealed HA1s of RFC 7616, `{"MD5": …, "SHA-256": …}`, for RTSP; null where digest is off. */
  digestSealed: string | null;
  /** Sealed; null: none set up. */
  totpSealed: string | null;
  /** The person has shown a code of it: from then on it is asked for. */
  totpEnabled: Flag;
  /** Last time step a code was taken for: none is taken twice. */
  totpLastStep: number;
  /** `issuer subject`, where somebody else vouches for the person. */
  oidcSubject: string | null;
  /** Which limits of stream tokens: a key of `streamTokens.plans`. */
  plan: string;
  disabled: Flag;
  /** JSON `Grant[]`. */
  grants: string;
  /** Tokens that were issued before are void: logout everywhere. */
  validFrom: number;
  createdAt: number;
  updatedAt: number;
  lastLoginAt: number | null;
}

export interface RecoveryCodesTable {
  userId: string;
  /** SHA-256 of the code, base64url. */
  hash: string;
  usedAt: number | null;
}

/** Logins of the dashboard. */
export interface WebSessionsTable {
  /** SHA-256 of the cookie, base64url. */
  hash: string;
  id: string;
  userId: string;
  createdAt: number;
  lastSeenAt: number;
  expiresAt: number;
  address: string;
  userAgent: string;
}

/** Refresh tokens of the API; those of one login are a family. */
export interface RefreshTokensTable {
  hash: string;
  familyId: string;
  userId: string;
  createdAt: number;
  expiresAt: number;
  /** Taken once; whoever shows it again has stolen it, or was stolen from. */
  usedAt: number | null;
  revokedAt: number | null;
}

export interface ApiKeysTable {
  id: string;
  hash: string;
  name: string;
  /** Who made it. */
  createdBy: string;
  /** JSON `{actions: Action[], grants: Grant[]}`. */
  scope: string;
  createdAt: number;
  expiresAt: number | null;
  lastUsedAt: number | null;
  revokedAt: number | null;
}

/** Groups and zones; membership from `vedette.yml` is not kept here. */
export interface CameraSetsTable {
  kind: 'group' | 'zone';
  id: string;
  name: string;
  createdAt: number;
}

export interface CameraSetMembersTable {
  kind: 'group' | 'zone';
  setId: string;
  cameraId: string;
}

/** Cameras made by the API. */
export interface CamerasTable {
  id: string;
  /** Sealed JSON of the `CameraConfig`: sources carry passwords. */
  configSealed: string;
  createdBy: string;
  createdAt: number;
  updatedAt: number;
}

export interface PublishKeysTable {
  id: string;
  hash: string;
  cameraId: string;
  name: string;
  createdBy: string;
  createdAt: number;
  lastUsedAt: number | null;
  revokedAt: number | null;
}

export interface StreamTokensTable {
  id: string;
  /** SHA-256 of the whole token, base64url: the token itself is kept nowhere. */
  hash: string;
  /** JSON `[hash, expiresAt][]` of the tokens that this one replaced by a refresh and that are still good. */
  formerHashes: string;
  /** Of the user, or of the API key, that made it; `everybody` where access is open. */
  userId: string;
  cameraId: string;
  /** JSON `CameraAction[]`. */
  actions: string;
  /** Address that it is bound to; null: any. */
  address: string | null;
  /** SHA-256 of the User-Agent that it is bound to; null: any. */
  userAgentHash: string | null;
  createdAt: number;
  expiresAt: number;
  revokedAt: number | null;
}

export interface ShareLinksTable {
  id: string;
  hash: string;
  cameraId: string;
  /** JSON `CameraAction[]`. */
  actions: string;
  /** Argon2id; null: none. */
  passwordHash: string | null;
  name: string;
  createdBy: string;
  createdAt: number;
  expiresAt: number;
  revokedAt: number | null;
  views: number;
}

/**
 * What was done, by whom; a chain: each row's hash covers the row before. What names a person (actor and object) is
 * covered by a salted commitment only, so that it can be erased without breaking the chain: see access/audit/chain.ts.
 * Indexes: at, actorId, userId, cameraId, action.
 */
export interface AuditTable {
  /** Primary key; from 1, without gaps; given by the writer, not by the database. */
  seq: number;
  at: number;
  actorKind: string;
  actorId: string;
  /** The user behind the actor: he himself, or whose token it is. */
  userId: string | null;
  actorName: string;
  action: string;
  cameraId: string | null;
  /** What else it was done to: a user, a token, a key. */
  target: string | null;
  address: string;
  userAgent: string;
  result: 'ok' | 'refused' | 'failed';
  /** JSON: before and after, reasons; nothing secret. */
  detail: string;
  /** Salt of the commitment to actorName, address and userAgent; once they are erased, the commitment and a seal. */
  actorProof: string;
  /** The same for target and detail. */
  objectProof: string;
  previousHash: string;
  hash: string;
}

/** Single values: keys that this installation made for itself (sealed), the state of retention. */
export interface SettingsTable {
  key: string;
  value: string;
}

export interface Database {
  users: UsersTable;
  recoveryCodes: RecoveryCodesTable;
  webSessions: WebSessionsTable;
  refreshTokens: RefreshTokensTable;
  apiKeys: ApiKeysTable;
  cameraSets: CameraSetsTable;
  cameraSetMembers: CameraSetMembersTable;
  cameras: CamerasTable;
  publishKeys: PublishKeysTable;
  streamTokens: StreamTokensTable;
  shareLinks: ShareLinksTable;
  audit: AuditTable;
  settings: SettingsTable;
}
