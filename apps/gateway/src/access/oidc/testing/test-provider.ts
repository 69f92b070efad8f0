import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import Provider from 'oidc-provider';

/** Somebody with an account at the provider. */
export interface ProviderAccount {
  readonly name?: string;
  readonly preferred_username?: string;
  readonly email?: string;
  readonly groups?: readonly string[] | string;
}

export const CLIENT_ID = 'vedette';
export const CLIENT_SECRET = 'client-secret-word';

type Handler = (request: IncomingMessage, response: ServerResponse) => unknown;

export interface ProviderBehaviour {
  /** Where browsers may be led back to. */
  readonly redirectUris: readonly string[];
  /** Whether the groups are in the ID token already, or in the answer of the userinfo endpoint only. */
  readonly claimsInIdToken?: boolean;
  readonly clientAuthentication?: 'client_secret_basic' | 'client_secret_post';
  /** Changes what is answered, for what a provider should not do. */
  readonly around?: (request: IncomingMessage, response: ServerResponse, next: () => void) => void;
}

/** A real OpenID Connect provider, on a port of its own; it answers 503 until it is told how to behave. */
export class TestProvider {
  readonly issuer: string;
  /** By what they type as their name; changed by tests. */
  readonly accounts = new Map<string, ProviderAccount>();
  readonly #server: Server;
  #handler: Handler | undefined;

  private constructor(server: Server, port: number) {
    this.#server = server;
    this.issuer = `http://127.0.0.1:${port}`;
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      if (this.#handler === undefined) response.writeHead(503).end();
      else void this.#handler(request, response);
    });
  }

  static async open(): Promise<TestProvider> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    return new TestProvider(server, typeof address === 'object' && address !== null ? address.port : 0);
  }

  behave({
    redirectUris,
    claimsInIdToken = false,
    clientAuthentication = 'client_secret_basic',
    around = (_request, _response, next) => next(),
  }: ProviderBehaviour): void {
    const provider = new Provider(this.issuer, {
      clients: [
        {
          client_id: CLIENT_ID,
          client_secret: CLIENT_SECRET,
          redirect_uris: redirectUris,
          token_endpoint_auth_method: clientAuthentication,
        },
      ],
      clientAuthMethods: [clientAuthentication],
      claims: { openid: ['sub'], profile: ['name', 'preferred_username', 'groups'], email: ['email'] },
      conformIdTokenClaims: !claimsInIdToken,
      pkce: { required: () => true },
      features: { devInteractions: { enabled: true } },
      cookies: { keys: ['of a test'] },
      ttl: { Interaction: 600, Session: 600, Grant: 600, AccessToken: 600, IdToken: 600 },
      findAccount: (_context: unknown, id: string) => ({
        accountId: id,
        claims: () => ({ sub: id, ...this.accounts.get(id) }),
      }),
    });
    const handle = provider.callback();
    this.#handler = (request, response) => around(request, response, () => void handle(request, response));
  }

  /** It is there, and does not work. */
  fail(): void {
    this.#handler = undefined;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }
}
