import type { Config, LoginMethods } from '@vedette/contract';
import { AuditLog } from './access/audit/audit-log.ts';
import { ChainSeal } from './access/audit/chain-seal.ts';
import { OPEN_DOOR, type Door } from './access/door.ts';
import { Identifier } from './access/identifier.ts';
import { MemoryLimits } from './access/limits/memory-limits.ts';
import { RedisLimits } from './access/limits/redis-limits.ts';
import { ApiKeys } from './access/login/api-keys.ts';
import { ApiTokens } from './access/login/api-tokens.ts';
import { DeviceCookies } from './access/login/device-cookies.ts';
import { ensureAdministrator } from './access/login/first-run.ts';
import { KnownAddresses } from './access/login/known-addresses.ts';
import { LoginGuard } from './access/login/login-guard.ts';
import { Login } from './access/login/login.ts';
import { Logout } from './access/login/logout.ts';
import { passwordChangeFirst } from './access/login/must-change-password.ts';
import { PasswordCheck } from './access/login/password-check.ts';
import { Passwords } from './access/login/passwords.ts';
import { AccessTokenProver } from './access/login/provers/access-token-prover.ts';
import { ApiKeyProver } from './access/login/provers/api-key-prover.ts';
import { CookieProver } from './access/login/provers/cookie-prover.ts';
import { DigestProver } from './access/login/provers/digest-prover.ts';
import { PasswordProver } from './access/login/provers/password-prover.ts';
import { RecoveryCodes } from './access/login/recovery-codes.ts';
import { WebSessions } from './access/login/web-sessions.ts';
import { MediaDoor } from './access/media-door.ts';
import { OutsideHttpProver } from './access/outside/outside-http-prover.ts';
import { OutsideJwtProver } from './access/outside/outside-jwt-prover.ts';
import { Users } from './access/people/users.ts';
import { Retention } from './access/privacy/retention.ts';
import type { Prover } from './access/prover.ts';
import type { RateLimits } from './access/rate-limit.ts';
import { Rights } from './access/rights.ts';
import { Secrets } from './access/secrets.ts';
import { PublishKeys } from './access/tokens/publish-keys.ts';
import { publishKeyProver, shareLinkProver } from './access/tokens/secret-word-prover.ts';
import { ShareLinks } from './access/tokens/share-links.ts';
import { StreamTokenProver } from './access/tokens/stream-token-prover.ts';
import { StreamTokens } from './access/tokens/stream-tokens.ts';
import type { Logger } from './observability/logger.ts';
import { HttpAccess, OPEN_HTTP_ACCESS } from './servers/http/http-access.ts';
import { confirmSecretKey } from './store/confirm-secret-key.ts';
import { openStore } from './store/open-store.ts';
import type { Store } from './store/store.ts';

/** Who may do what, and everything that it is known from. */
export interface Access {
  readonly store: Store;
  readonly secrets: Secrets;
  readonly seal: ChainSeal;
  readonly audit: AuditLog;
  readonly limits: RateLimits;
  readonly rights: Rights;
  readonly users: Users;
  readonly passwords: Passwords;
  readonly login: Login;
  readonly logout: Logout;
  readonly devices: DeviceCookies;
  readonly recoveryCodes: RecoveryCodes;
  readonly webSessions: WebSessions;
  readonly apiTokens: ApiTokens;
  readonly apiKeys: ApiKeys;
  readonly streamTokens: StreamTokens;
  readonly shareLinks: ShareLinks;
  readonly publishKeys: PublishKeys;
  readonly identifier: Identifier;
  /** Of every medium. */
  readonly door: Door;
  /** Of HTTP, WebSockets and Socket.IO. */
  readonly http: HttpAccess;
  readonly retention: Retention;
  /** What people call the user or the API key of this id. */
  readonly nameOf: (id: string) => string | undefined;
  /** What a login page has to offer. */
  readonly methods: () => LoginMethods;
  /** Makes the first administrator where there is nobody yet, and tells him his password. */
  readonly firstRun: (
    say: (text: string) => void,
    environment: Readonly<Record<string, string | undefined>>,
  ) => Promise<void>;
  /** Writes what waits, and frees everything. */
  close(): Promise<void>;
}

type Closers = (() => Promise<void> | void)[];

/** What everything else here stands on. */
type Ground = Pick<Access, 'store' | 'secrets' | 'seal' | 'audit' | 'limits' | 'rights'> & {
  readonly config: Config;
  readonly logger: Logger;
  readonly closers: Closers;
};

/**
 * Opens the store and reads who may do what.
 *
 * @throws {StoreStartError} the database can't be used, with what to do about it.
 * @throws {SecretsError} the key file does not fit.
 */
export async function openAccess(config: Config, logger: Logger): Promise<Access> {
  const closers: Closers = [];
  const close = async (): Promise<void> => {
    for (let closer = closers.pop(); closer !== undefined; closer = closers.pop()) await closer();
  };
  try {
    const ground = await openGround(config, logger, closers);
    const people = await openPeople(ground);
    const lent = await openLent(ground, people);
    const doors = buildDoors(ground, people, lent);
    return { ...ground, ...people, ...lent, ...doors, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function openGround(config: Config, logger: Logger, closers: Closers): Promise<Ground> {
  const { dataDir, databaseUrl, redisUrl } = config;
  const secrets = Secrets.open(dataDir, process.env['VEDETTE_SECRET_KEY_FILE']);
  const store = await openStore({ dataDir, databaseUrl, logger });
  closers.push(async () => store.close());
  await confirmSecretKey(store.db, secrets);
  const seal = new ChainSeal(secrets.key('audit'));
  const audit = new AuditLog({ store, seal, logger });
  closers.push(async () => audit.close());
  const rates = config.access.limits;
  const redis = redisUrl === undefined ? undefined : new RedisLimits({ url: redisUrl, rates, logger });
  closers.push(async () => redis?.close());
  return {
    config,
    logger,
    closers,
    secrets,
    store,
    seal,
    audit,
    limits: redis ?? new MemoryLimits(rates),
    rights: new Rights(),
  };
}

type People = Pick<
  Access,
  | 'users'
  | 'passwords'
  | 'login'
  | 'logout'
  | 'devices'
  | 'recoveryCodes'
  | 'webSessions'
  | 'apiTokens'
  | 'apiKeys'
  | 'nameOf'
  | 'firstRun'
> & { readonly guard: LoginGuard; readonly check: PasswordCheck };

/** Those who log in, and what they log in with. */
async function openPeople({
  config,
  logger,
  store,
  secrets,
  audit,
  limits,
  rights,
}: Ground): Promise<People> {
  const users = new Users({ store, secrets, rights });
  await users.load();
  const passwords = new Passwords();
  const devices = new DeviceCookies(secrets);
  const addresses = new KnownAddresses();
  const guard = new LoginGuard({ limits, devices, addresses });
  const check = new PasswordCheck({ users, passwords, guard, logger });
  const recoveryCodes = new RecoveryCodes(store);
  const webSessions = new WebSessions({ store, users, logger });
  await webSessions.load(addresses);
  const { accessTokenMinutes, refreshTokenDays } = config.access;
  const apiTokens = new ApiTokens({ store, users, secrets, accessTokenMinutes, refreshTokenDays });
  await apiTokens.load();
  const apiKeys = new ApiKeys({ store, rights, logger });
  await apiKeys.load();
  return {
    users,
    passwords,
    devices,
    guard,
    check,
    recoveryCodes,
    webSessions,
    apiTokens,
    apiKeys,
    login: new Login({ users, check, guard, recoveryCodes, audit, logger }),
    logout: new Logout({ users, sessions: webSessions, tokens: apiTokens }),
    nameOf: (id) => users.byId(id)?.name ?? apiKeys.get(id)?.name,
    firstRun: async (say, environment) => {
      await ensureAdministrator({ users, passwords, say, environment });
    },
  };
}

type Lent = Pick<Access, 'streamTokens' | 'shareLinks' | 'publishKeys'>;

/** What is lent to others for a while, or to an encoder. */
async function openLent(
  { config, logger, store, secrets, audit, limits, rights, closers }: Ground,
  { users, passwords, nameOf }: People,
): Promise<Lent> {
  const common = { store, rights, audit, limits, logger };
  const streamTokens = await StreamTokens.open({
    ...common,
    key: secrets.key('stream-tokens'),
    settings: () => config.access.streamTokens,
    planOf: (id) => users.byId(id)?.plan,
    nameOf,
  });
  closers.push(async () => streamTokens.close());
  const shareLinks = await ShareLinks.open({
    ...common,
    passwords,
    key: secrets.key('share-links'),
    keptDays: config.access.retention.shareLinkDays,
  });
  closers.push(async () => shareLinks.close());
  const publishKeys = await PublishKeys.open(common);
  closers.push(async () => publishKeys.close());
  return { streamTokens, shareLinks, publishKeys };
}

/** Those of others who vouch for somebody, in the order in which they are asked. */
function outsideProvers({ config, logger, closers }: Ground): Prover[] {
  const { jwt, http } = config.access;
  const provers: Prover[] = [];
  if (jwt !== undefined) provers.push(new OutsideJwtProver({ settings: jwt, logger }));
  if (http !== undefined) {
    const prover = new OutsideHttpProver({ settings: http, logger });
    closers.push(() => prover.close());
    provers.push(prover);
  }
  return provers;
}

function buildDoors(
  ground: Ground,
  { users, check, guard, webSessions, apiTokens, apiKeys }: People,
  { streamTokens, shareLinks, publishKeys }: Lent,
): Pick<Access, 'identifier' | 'door' | 'http' | 'retention' | 'methods'> {
  const { config, logger, store, seal, audit, limits, rights, closers } = ground;
  const outside = outsideProvers(ground);
  const identifier = new Identifier({
    provers: [
      new CookieProver(webSessions),
      new ApiKeyProver(apiKeys),
      publishKeyProver(publishKeys),
      shareLinkProver(shareLinks),
      new StreamTokenProver(streamTokens),
      new AccessTokenProver(apiTokens),
      new DigestProver({ users, guard }),
      new PasswordProver({ users, check, hasOutside: config.access.http !== undefined }),
    ],
    outside,
    users,
    limits,
    logger,
  });
  const isOpen = config.access.mode === 'open';
  const mediaDoor = new MediaDoor({
    ...{ identifier, rights, limits, audit },
    needsPlainPasswords: outside.length > 0,
  });
  closers.push(() => mediaDoor.close());
  const door = isOpen ? OPEN_DOOR : mediaDoor;
  const http = isOpen
    ? OPEN_HTTP_ACCESS
    : new HttpAccess({
        door,
        identify: async (credentials, peer, context) => identifier.identify(credentials, peer, context),
        rights,
        limits,
        trustedProxies: config.http.trustedProxies,
        mayProceed: passwordChangeFirst(users),
      });
  const retention = new Retention({ store, seal, audit, config: config.access, logger });
  closers.push(async () => retention.close());
  const { oidc } = config.access;
  return {
    identifier,
    door,
    http,
    retention,
    methods: () => ({
      mode: config.access.mode,
      isLoginNeeded: !isOpen,
      password: true,
      oidc: oidc === undefined ? null : { name: oidc.name, url: '/api/v1/auth/oidc/start' },
    }),
  };
}
