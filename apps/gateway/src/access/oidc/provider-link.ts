import {
  allowInsecureRequests,
  type ClientAuth,
  ClientSecretBasic,
  ClientSecretPost,
  clockTolerance,
  type Configuration,
  customFetch,
  type CustomFetchOptions,
  discovery,
  enableNonRepudiationChecks,
} from 'openid-client';
import type { Logger } from '../../observability/logger.ts';
import { guardedFetch } from '../../net/guarded-fetch.ts';
import type { OidcConfig } from './oidc-claims.ts';
import { OidcError } from './oidc-error.ts';

/**
 * The administrator wrote `http://` himself: a provider on the same machine, or in a trusted network. It has to be this
 * very function: `discovery` looks for it. It is not on its way out: openid-client calls it deprecated so that nobody
 * uses it unawares, and has nothing in its place.
 */
// eslint-disable-next-line @typescript-eslint/no-deprecated -- see above
const ALLOW_PLAIN = allowInsecureRequests;

/** How far the provider's clock may be off. */
const CLOCK_TOLERANCE_S = 60;
const ANSWER_LIMIT_S = 10;
/** What was discovered is asked for again after this. */
const FRESH_MS = 60 * 60_000;
/** One that is away is not asked again at once. */
const RETRY_MS = 3000;

export interface ProviderLinkOptions {
  readonly config: OidcConfig;
  readonly logger: Logger;
  readonly now?: () => number;
}

/**
 * The provider, found out when somebody wants to log in first: one that is away holds nothing else up. Signatures
 * of ID tokens are checked also where TLS says already whose they are (OpenID Connect Core 1.0 §3.1.3.7, 6).
 */
export class ProviderLink {
  readonly #config: OidcConfig;
  readonly #logger: Logger;
  readonly #now: () => number;
  #found: { readonly provider: Configuration; readonly atMs: number } | undefined;
  #finding: Promise<Configuration> | undefined;
  #failedAtMs = -Infinity;

  constructor({ config, logger, now = Date.now }: ProviderLinkOptions) {
    this.#config = config;
    this.#logger = logger;
    this.#now = now;
  }

  /**
   * @returns what is known of the provider; after an hour it is asked for anew, and stays where that fails.
   * @throws {OidcError} `ERR_OIDC_UNAVAILABLE`
   */
  async provider(): Promise<Configuration> {
    const known = this.#found;
    if (known !== undefined && this.#now() - known.atMs < FRESH_MS) return known.provider;
    if (this.#finding === undefined && this.#now() - this.#failedAtMs < RETRY_MS) {
      if (known !== undefined) return known.provider;
      throw unavailable();
    }
    this.#finding ??= this.#find().finally(() => (this.#finding = undefined));
    return known === undefined ? this.#finding : this.#finding.catch(() => known.provider);
  }

  async #find(): Promise<Configuration> {
    const { issuer, clientId, clientSecret } = this.#config;
    try {
      const server = new URL(issuer);
      const isPlain = server.protocol === 'http:';
      const provider = await discovery(
        server,
        clientId,
        { client_secret: clientSecret, [clockTolerance]: CLOCK_TOLERANCE_S },
        clientAuthentication(clientSecret),
        {
          timeout: ANSWER_LIMIT_S,
          [customFetch]: fetchGuarded,
          execute: isPlain ? [enableNonRepudiationChecks, ALLOW_PLAIN] : [enableNonRepudiationChecks],
        },
      );
      this.#found = { provider, atMs: this.#now() };
      return provider;
    } catch (error) {
      this.#failedAtMs = this.#now();
      this.#logger.warn({ issuer, reason: reasonOf(error) }, 'the OpenID Connect provider cannot be asked');
      throw unavailable(error);
    }
  }
}

function unavailable(cause?: unknown): OidcError {
  return new OidcError(
    'ERR_OIDC_UNAVAILABLE',
    'The single sign-on service cannot be reached now; try again in a moment.',
    { cause },
  );
}

async function fetchGuarded(address: string, options: CustomFetchOptions): Promise<Response> {
  return guardedFetch(address, options);
}

/** How the provider wants the secret; HTTP Basic where it does not say (OpenID Connect Discovery 1.0 §3). */
function clientAuthentication(secret: string): ClientAuth {
  const basic = ClientSecretBasic(secret);
  const post = ClientSecretPost(secret);
  return (server, client, body, headers) => {
    const methods = server.token_endpoint_auth_methods_supported ?? ['client_secret_basic'];
    const authenticate = methods.includes('client_secret_basic') ? basic : post;
    authenticate(server, client, body, headers);
  };
}

/** The innermost reason: `fetch failed` says nothing. Holds no secret: none is sent before tokens are asked for. */
export function reasonOf(error: unknown): string {
  let reason = error;
  while (reason instanceof Error && reason.cause instanceof Error) reason = reason.cause;
  if (!(reason instanceof Error)) return 'unknown';
  return 'code' in reason && typeof reason.code === 'string'
    ? `${reason.code}: ${reason.message}`
    : reason.message;
}
