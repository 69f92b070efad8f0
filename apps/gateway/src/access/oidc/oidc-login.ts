import { isDeepStrictEqual } from 'node:util';
import {
  authorizationCodeGrant,
  buildAuthorizationUrl,
  calculatePKCECodeChallenge,
  type Configuration,
  fetchUserInfo,
  randomNonce,
  randomPKCECodeVerifier,
  randomState,
} from 'openid-client';
import type { Logger } from '../../observability/logger.ts';
import { StoreUnavailableError } from '../../store/store.ts';
import type { AuditTrail } from '../audit-entry.ts';
import type { Peer } from '../door.ts';
import { NOBODY } from '../identity.ts';
import type { UserRecord } from '../login/user-records.ts';
import { NotPossibleError } from '../people/not-possible-error.ts';
import type { Users } from '../people/users.ts';
import type { LoginFlow } from './login-flow.ts';
import {
  accountName,
  displayNameOf,
  groupsOf,
  type OidcClaims,
  type OidcConfig,
  type OidcRights,
  rightsOf,
} from './oidc-claims.ts';
import { OidcError } from './oidc-error.ts';
import { type ProviderLink, reasonOf } from './provider-link.ts';

export interface OidcLoginOptions {
  readonly config: OidcConfig;
  readonly link: ProviderLink;
  readonly users: Pick<Users, 'list' | 'byName' | 'create' | 'amend'>;
  readonly audit: AuditTrail;
  readonly logger: Logger;
  /** Plan of those whom a login makes: a key of `streamTokens.plans`; the empty word: none. */
  readonly plan: string;
  readonly now?: () => number;
}

const MAX_NAMES_TRIED = 100;

/** Logging in where one already has an account: OpenID Connect, authorization code flow with PKCE (RFC 7636). */
export class OidcLogin {
  readonly #options: OidcLoginOptions;
  readonly #now: () => number;

  constructor(options: OidcLoginOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
  }

  /**
   * Begins.
   *
   * @param next path that the browser is led to afterwards.
   * @returns where the browser is to go, and what has to come back with it.
   * @throws {OidcError} `ERR_OIDC_UNAVAILABLE`
   */
  async begin(redirectUri: string, next: string): Promise<{ url: URL; flow: LoginFlow }> {
    const provider = await this.#options.link.provider();
    const codeVerifier = randomPKCECodeVerifier();
    const flow = { state: randomState(), nonce: randomNonce(), codeVerifier, next, startedAtMs: this.#now() };
    const url = buildAuthorizationUrl(provider, {
      redirect_uri: redirectUri,
      scope: this.#options.config.scopes,
      code_challenge: await calculatePKCECodeChallenge(codeVerifier),
      code_challenge_method: 'S256',
      state: flow.state,
      nonce: flow.nonce,
    });
    return { url, flow };
  }

  /**
   * Ends it: who came back. His account is made at the first time; role and grants are those of his groups now.
   *
   * @param callback the address that the provider led him to, with what it says there.
   * @throws {OidcError}
   */
  async finish(callback: URL, flow: LoginFlow, peer: Peer): Promise<UserRecord> {
    let claims: OidcClaims | undefined;
    try {
      claims = await this.#claims(callback, flow);
      const user = await this.#account(claims);
      this.#record('ok', { kind: 'user', id: user.id, name: user.name }, user.name, peer, {
        secondFactor: 'oidc',
      });
      return user;
    } catch (error) {
      const explained = this.#explain(error);
      const result = explained.code.endsWith('UNAVAILABLE') ? 'failed' : 'refused';
      const target = claims === undefined ? undefined : accountName(claims);
      this.#record(result, NOBODY, target, peer, { code: explained.code, method: 'oidc' });
      throw explained;
    }
  }

  async #claims(callback: URL, flow: LoginFlow): Promise<OidcClaims> {
    const denied = callback.searchParams.get('error');
    const isOfThisFlow = callback.searchParams.get('state') === flow.state;
    if (denied !== null && isOfThisFlow)
      throw new OidcError(
        'ERR_OIDC_DENIED',
        `The single sign-on service did not let you in (${denied.slice(0, 60)}).`,
      );
    const provider = await this.#options.link.provider();
    const tokens = await authorizationCodeGrant(provider, callback, {
      pkceCodeVerifier: flow.codeVerifier,
      expectedState: flow.state,
      expectedNonce: flow.nonce,
      idTokenExpected: true,
    });
    const claims = tokens.claims();
    if (claims === undefined) throw new OidcError('ERR_OIDC_FAILED', 'The service named nobody.');
    return this.#withUserInfo(provider, claims, tokens.access_token);
  }

  /** Many providers put the groups, or the name, into the answer of their userinfo endpoint only. */
  async #withUserInfo(
    provider: Configuration,
    claims: OidcClaims & { readonly sub: string },
    accessToken: string,
  ): Promise<OidcClaims> {
    const wanted = [this.#options.config.groupsClaim, 'preferred_username', 'name'];
    const isAsked =
      wanted.some((claim) => !(claim in claims)) && provider.serverMetadata().userinfo_endpoint !== undefined;
    if (!isAsked) return claims;
    // It must speak of the same person (OpenID Connect Core 1.0 §5.3.2): `sub` is compared.
    const more = await fetchUserInfo(provider, accessToken, claims.sub);
    return { ...more, ...claims };
  }

  async #account(claims: OidcClaims): Promise<UserRecord> {
    const { config, users } = this.#options;
    const subject = `${String(claims['iss'])} ${String(claims['sub'])}`;
    const known = users.list().find(({ oidcSubject }) => oidcSubject === subject);
    const rights = rightsOf(groupsOf(claims, config.groupsClaim), config);
    if (rights === undefined) {
      if (known !== undefined) await this.#takeRights(known);
      throw new OidcError('ERR_OIDC_NO_ROLE', 'None of your groups may use this; ask your administrator.');
    }
    if (known?.isDisabled === true)
      throw new OidcError('ERR_OIDC_DISABLED', 'This account is switched off; ask your administrator.');
    return known === undefined ? this.#create(claims, subject, rights) : this.#refresh(known, claims, rights);
  }

  async #create(claims: OidcClaims, subject: string, rights: OidcRights): Promise<UserRecord> {
    const name = this.#freeName(accountName(claims));
    const { users, plan } = this.#options;
    try {
      const user = await users.create({
        name,
        displayName: displayNameOf(claims, name),
        ...rights,
        password: undefined,
        mustChangePassword: false,
        plan,
        oidcSubject: subject,
      });
      return (await users.amend(user.id, () => ({ lastLoginAtMs: this.#now() }))) ?? user;
    } catch (error) {
      // He logged in twice at the same time.
      if (error instanceof NotPossibleError && users.list().some((user) => user.oidcSubject === subject))
        return this.#account(claims);
      throw error;
    }
  }

  async #refresh(known: UserRecord, claims: OidcClaims, rights: OidcRights): Promise<UserRecord> {
    const changed = await this.#options.users.amend(known.id, ({ role, grants, displayName }) => ({
      // Running sessions are looked at anew where something changes.
      ...(isDeepStrictEqual({ role, grants }, rights) ? {} : rights),
      displayName: displayNameOf(claims, displayName),
      lastLoginAtMs: this.#now(),
    }));
    if (changed === undefined) throw new OidcError('ERR_OIDC_DISABLED', 'This account was just removed.');
    return changed;
  }

  /** Whoever has left all groups keeps nothing: not what he was given before, nor the logins that still run. */
  async #takeRights({ id, role, grants }: UserRecord): Promise<void> {
    if (role === 'user' && grants.length === 0) return;
    await this.#options.users.amend(id, ({ validFromMs }) => ({
      role: 'user',
      grants: [],
      validFromMs: Math.max(this.#now(), validFromMs) + 1,
    }));
  }

  /** An account of the same name is somebody else's, whatever the provider says: it is never taken over. */
  #freeName(wanted: string): string {
    for (let number = 2, name = wanted; number < MAX_NAMES_TRIED; number += 1) {
      if (this.#options.users.byName(name) === undefined) return name;
      name = `${wanted}-${number}`;
    }
    throw new OidcError('ERR_OIDC_FAILED', `There are too many accounts like "${wanted}".`);
  }

  #explain(error: unknown): OidcError {
    if (error instanceof OidcError) return error;
    if (error instanceof StoreUnavailableError)
      return new OidcError('ERR_STORE_UNAVAILABLE', 'The database is away; try again in a moment.');
    this.#options.logger.warn({ reason: reasonOf(error) }, 'a login by OpenID Connect failed');
    return isNetworkError(error)
      ? new OidcError('ERR_OIDC_UNAVAILABLE', 'The single sign-on service did not answer.')
      : new OidcError(
          'ERR_OIDC_FAILED',
          'What the single sign-on service sent proves nothing; log in again.',
        );
  }

  #record(
    result: 'ok' | 'refused' | 'failed',
    identity: Parameters<AuditTrail['record']>[0]['identity'],
    target: string | undefined,
    { address, userAgent }: Peer,
    detail: Readonly<Record<string, string>>,
  ): void {
    const action = result === 'ok' ? 'login.succeeded' : 'login.failed';
    this.#options.audit.record({ identity, action, target, address, userAgent, result, detail });
  }
}

/** Codes of the system (`ECONNREFUSED`) and of aborted waits; those of OAuth begin otherwise. */
function isNetworkError(error: unknown): boolean {
  for (let reason = error; reason instanceof Error; reason = reason.cause) {
    if (reason.name === 'TimeoutError' || reason.name === 'AbortError') return true;
    if ('code' in reason && /^(E[A-Z]+|ERR_ADDRESS_REFUSED)$/.test(String(reason.code))) return true;
  }
  return false;
}
