import type { Config } from '@vedette/contract';
import { verifyChain } from './access/audit/verify-chain.ts';
import { AuditReader } from './access/audit/audit-reader.ts';
import { OidcLogin } from './access/oidc/oidc-login.ts';
import { ProviderLink } from './access/oidc/provider-link.ts';
import { CameraSets } from './access/people/camera-sets.ts';
import { UserAdministration } from './access/people/user-administration.ts';
import { Privacy } from './access/privacy/privacy.ts';
import { SessionGuard } from './access/session-guard.ts';
import type { CameraSet } from './cameras/camera-set.ts';
import { StoredCameras } from './cameras/stored-cameras.ts';
import { SourceTests } from './check-source/source-tests.ts';
import { apiCameraGuard, type AddressGuard } from './net/guarded-lookup.ts';
import type { Access } from './open-access.ts';
import type { Logger } from './observability/logger.ts';
import type { SessionRegistry } from './sessions/session-registry.ts';

/** What those who run the gateway change: people, cameras, groups and zones; and what follows from it. */
export interface Administration {
  readonly guard: SessionGuard;
  readonly users: UserAdministration;
  readonly sets: CameraSets;
  readonly stored: StoredCameras;
  readonly tests: SourceTests;
  /** Where cameras that the API makes may be. */
  readonly addresses: AddressGuard;
  readonly privacy: Privacy;
  readonly auditReader: AuditReader;
  readonly verifyAudit: () => ReturnType<typeof verifyChain>;
  /** `undefined`: nobody logs in elsewhere. */
  readonly oidc: OidcLogin | undefined;
}

/** Whose doings these are that the program does by itself, as a consequence. */
const PROGRAM = { identity: { kind: 'everybody' }, peer: { address: '' } } as const;

type NamedTarget = Parameters<Access['users']['forgetTarget']>[0];

interface AdministrationOptions {
  readonly config: Config;
  readonly logger: Logger;
  readonly access: Access;
  readonly cameras: CameraSet;
  readonly sessions: SessionRegistry;
}

export function buildAdministration({
  config,
  logger,
  access,
  cameras,
  sessions,
}: AdministrationOptions): Administration {
  const { store, secrets, seal, audit, rights, users, passwords } = access;
  const guard = new SessionGuard({ sessions, rights, logger });
  const administration = new UserAdministration({
    users,
    passwords,
    audit,
    plans: Object.keys(config.access.streamTokens.plans),
    endSessions: (userId, reason) => guard.endSessionsOfUser(userId, reason),
  });
  const addresses = apiCameraGuard(config.access);
  const sets = new CameraSets({
    store,
    rights,
    audit,
    cameraExists: (id) => cameras.find(id) !== undefined,
    beforeRemove: async (kind, id) => forgetTarget(access, { kind, id }),
  });
  return {
    guard,
    users: administration,
    addresses,
    tests: new SourceTests(),
    sets,
    stored: new StoredCameras({
      store,
      secrets,
      cameras,
      guard: addresses,
      audit,
      logger,
      beforeRemove: async (id) => forgetCamera(access, sets, id),
    }),
    privacy: new Privacy({ store, seal, audit, users: administration }),
    auditReader: new AuditReader(store.db),
    verifyAudit: async () => {
      await audit.flush();
      return verifyChain(store.db, seal);
    },
    oidc: buildOidc({ config, logger, access }),
  };
}

/** What was granted for a camera, group or zone: a later one of its name is another. */
async function forgetTarget({ users, apiKeys }: Access, target: NamedTarget): Promise<void> {
  await users.forgetTarget(target);
  await apiKeys.forgetTarget(target);
}

/** What was granted and lent for a camera, and where it belonged: a later one of its name is another. */
async function forgetCamera(access: Access, sets: CameraSets, id: string): Promise<void> {
  await forgetTarget(access, { kind: 'camera', id });
  await sets.forgetCamera(id);
  await access.streamTokens.revokeCamera(PROGRAM, id);
  await access.shareLinks.revokeCamera(PROGRAM, id);
  await access.publishKeys.revokeCamera(PROGRAM, id);
}

function buildOidc({
  config,
  logger,
  access,
}: Pick<AdministrationOptions, 'config' | 'logger' | 'access'>): OidcLogin | undefined {
  const { oidc, streamTokens } = config.access;
  if (oidc === undefined) return undefined;
  const { users, audit } = access;
  const link = new ProviderLink({ config: oidc, logger });
  const plan = 'free' in streamTokens.plans ? 'free' : '';
  return new OidcLogin({ config: oidc, link, users, audit, logger, plan });
}
