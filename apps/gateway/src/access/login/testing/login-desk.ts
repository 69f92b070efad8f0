import type { Role } from '@vedette/contract';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { silentLogger } from '../../../observability/logger.ts';
import { openStore } from '../../../store/open-store.ts';
import type { Store } from '../../../store/store.ts';
import type { AuditEntry } from '../../audit-entry.ts';
import { MemoryLimits } from '../../limits/memory-limits.ts';
import { Users } from '../../people/users.ts';
import { Rights } from '../../rights.ts';
import { Secrets } from '../../secrets.ts';
import { ApiKeys } from '../api-keys.ts';
import { ApiTokens } from '../api-tokens.ts';
import { DeviceCookies } from '../device-cookies.ts';
import { KnownAddresses } from '../known-addresses.ts';
import { LoginGuard } from '../login-guard.ts';
import { Login } from '../login.ts';
import { Logout } from '../logout.ts';
import { PasswordCheck } from '../password-check.ts';
import { Passwords } from '../passwords.ts';
import { RecoveryCodes } from '../recovery-codes.ts';
import { newPassword } from '../set-password.ts';
import type { UserRecord } from '../user-records.ts';
import { WebSessions } from '../web-sessions.ts';

/** A hash that is no burden for tests. */
export const CHEAP = { memoryCost: 64, timeCost: 1, parallelism: 1 };
export const PASSWORD = 'correct horse battery';
const PLENTY = { count: 1_000_000, seconds: 60 };

export interface DeskOptions {
  readonly passwords?: (now: () => number) => Passwords;
  readonly loginLimit?: { readonly count: number; readonly seconds: number };
}

/** Everything that logging in needs, on a real store, with a clock that the test sets. */
export class LoginDesk {
  readonly clock = { nowMs: Date.UTC(2030, 0, 7, 12) };
  readonly now = (): number => this.clock.nowMs;
  readonly audit: AuditEntry[] = [];
  readonly logger = silentLogger;
  readonly store: Store;
  readonly dataDir: string;
  readonly secrets: Secrets;
  readonly rights: Rights;
  readonly users: Users;
  readonly passwords: Passwords;
  readonly limits: MemoryLimits;
  readonly devices: DeviceCookies;
  readonly addresses = new KnownAddresses();
  readonly guard: LoginGuard;
  readonly check: PasswordCheck;
  readonly recoveryCodes: RecoveryCodes;
  readonly login: Login;
  readonly sessions: WebSessions;
  readonly tokens: ApiTokens;
  readonly logout: Logout;
  readonly apiKeys: ApiKeys;

  constructor(store: Store, dataDir: string, secrets: Secrets, options: DeskOptions) {
    const { now, logger, addresses } = this;
    this.store = store;
    this.dataDir = dataDir;
    this.secrets = secrets;
    this.rights = new Rights(now);
    this.users = new Users({ store, secrets, rights: this.rights, now });
    this.passwords = options.passwords?.(now) ?? new Passwords({ cost: CHEAP, now });
    this.limits = new MemoryLimits({
      login: options.loginLimit ?? PLENTY,
      tokens: PLENTY,
      api: PLENTY,
      sessions: PLENTY,
    });
    this.devices = new DeviceCookies(secrets, now);
    const { users, passwords, limits, devices } = this;
    this.guard = new LoginGuard({ limits, devices, addresses, now });
    this.check = new PasswordCheck({ users, passwords, guard: this.guard, logger });
    this.recoveryCodes = new RecoveryCodes(store, now);
    this.login = new Login({
      users,
      check: this.check,
      guard: this.guard,
      recoveryCodes: this.recoveryCodes,
      audit: { record: (entry) => this.audit.push(entry) },
      logger,
      now,
    });
    this.sessions = new WebSessions({ store, users, logger, now });
    this.tokens = new ApiTokens({
      store,
      users,
      secrets,
      accessTokenMinutes: 15,
      refreshTokenDays: 30,
      now,
    });
    this.logout = new Logout({ users, sessions: this.sessions, tokens: this.tokens, now });
    this.apiKeys = new ApiKeys({ store, rights: this.rights, logger, now });
  }

  static async open(options: DeskOptions = {}): Promise<LoginDesk> {
    const dataDir = mkdtempSync(path.join(tmpdir(), 'vedette-login-'));
    const store = await openStore({ dataDir, databaseUrl: undefined, logger: silentLogger });
    return new LoginDesk(store, dataDir, new Secrets(randomBytes(32)), options);
  }

  /** The same installation after a restart: nothing but the store and the key are left. */
  async restarted(): Promise<LoginDesk> {
    const desk = new LoginDesk(this.store, this.dataDir, this.secrets, {});
    desk.clock.nowMs = this.clock.nowMs;
    await desk.users.load();
    await desk.sessions.load(desk.addresses);
    await desk.tokens.load();
    await desk.apiKeys.load();
    return desk;
  }

  async close(): Promise<void> {
    await this.store.close();
    rmSync(this.dataDir, { recursive: true, force: true });
  }

  async addUser(name: string, role: Role = 'user', password = PASSWORD): Promise<UserRecord> {
    return this.users.create({
      name,
      displayName: name,
      role,
      grants: [],
      plan: '',
      password: await newPassword(this.passwords, name, password),
      mustChangePassword: false,
    });
  }

  passMs(ms: number): void {
    this.clock.nowMs += ms;
  }
}
