import type { IssuedStreamToken, Problem } from '@vedette/contract';
import assert from 'node:assert/strict';
import type { Credentials, Peer } from '../../access/door.ts';
import { Identifier } from '../../access/identifier.ts';
import { Passwords } from '../../access/login/passwords.ts';
import { MediaDoor } from '../../access/media-door.ts';
import type { ProofContext, Prover } from '../../access/prover.ts';
import { PublishKeys } from '../../access/tokens/publish-keys.ts';
import { publishKeyProver, shareLinkProver } from '../../access/tokens/secret-word-prover.ts';
import { ShareLinks } from '../../access/tokens/share-links.ts';
import { StreamTokenProver } from '../../access/tokens/stream-token-prover.ts';
import type { StreamTokens } from '../../access/tokens/stream-tokens.ts';
import { ADA, asker, BAO, MAI, TokenBed } from '../../access/tokens/testing/token-bed.ts';
import type { CameraView } from '../../cameras/directory.ts';
import { silentLogger } from '../../observability/logger.ts';
import { HttpAccess } from '../../servers/http/http-access.ts';
import { HttpServer } from '../../servers/http/http-server.ts';
import { outsideAuthRoutes } from '../outside-auth-routes.ts';
import { publishKeyRoutes } from '../publish-key-routes.ts';
import { shareRoutes } from '../share-routes.ts';
import { streamTokenRoutes } from '../stream-token-routes.ts';

const IDS: Readonly<Record<string, string>> = { mai: MAI, bao: BAO, ada: ADA };
const OFFERED = {
  webrtc: true,
  hls: true,
  rtsp: { scheme: 'rtsp', port: 8554 },
  rtmp: { scheme: 'rtmp', port: 1935 },
  srt: { port: 8890 },
} as const;

/** People whose word is their name: `mai`, `bao`, `ada`. */
const people: Prover = {
  prove: (credentials) => {
    const name = credentials.kind === 'password' ? credentials.user : nameIn(credentials);
    const id = name === undefined ? undefined : IDS[name];
    return id === undefined ? undefined : { ok: true, identity: asker(id).identity };
  },
};

function nameIn(credentials: Credentials): string | undefined {
  return credentials.kind === 'token' ? credentials.token : undefined;
}

export interface LendingReply<T> {
  readonly status: number;
  readonly body: T & Problem;
  readonly headers: Headers;
}

/** A server with the routes of tokens, share links and publish keys, for the people of {@link TokenBed}. */
export class LendingSite {
  readonly bed: TokenBed;
  readonly tokens: StreamTokens;
  readonly url: string;
  readonly #server: HttpServer;

  private constructor(bed: TokenBed, tokens: StreamTokens, server: HttpServer, url: string) {
    this.bed = bed;
    this.tokens = tokens;
    this.#server = server;
    this.url = url;
  }

  static async open(): Promise<LendingSite> {
    const bed = await TokenBed.open();
    bed.nowMs = Date.now();
    const tokens = await bed.tokens();
    const passwords = new Passwords({ cost: { memoryCost: 64, timeCost: 1, parallelism: 1 } });
    const links = bed.closing(await ShareLinks.open({ ...bed.shared, passwords }));
    const keys = bed.closing(await PublishKeys.open(bed.shared));
    const { rights, audit, limits } = bed.shared;
    const identifier = new Identifier({
      provers: [publishKeyProver(keys), shareLinkProver(links), new StreamTokenProver(tokens), people],
      users: { byId: () => undefined },
      limits,
      logger: silentLogger,
    });
    const identify = async (credentials: Credentials, peer: Peer, context?: ProofContext) =>
      identifier.identify(credentials, peer, context);
    const door = new MediaDoor({ identifier, rights, limits, audit });
    const access = new HttpAccess({ door, identify, rights, limits, trustedProxies: [] });
    const where = { host: '127.0.0.1', port: 0, allowedOrigins: [] };
    const server = new HttpServer({ ...where, access, logger: silentLogger });
    await server.prepare();
    const cameras = {
      find: (id: string) => (['gate', 'yard'].includes(id) ? ({ id } as unknown as CameraView) : undefined),
    } as Parameters<typeof streamTokenRoutes>[0]['cameras'];
    const shared = {
      cameras,
      rights,
      nameOf: (id: string) => Object.keys(IDS).find((name) => IDS[name] === id),
      offered: () => OFFERED,
    };
    await server.app.register(
      streamTokenRoutes({
        ...shared,
        tokens,
        identify: async (request) =>
          access.authenticate(request, { method: request.method, url: '', access: 'known' }),
      }),
    );
    await server.app.register(shareRoutes({ ...shared, links }));
    await server.app.register(publishKeyRoutes({ ...shared, keys }));
    await server.app.register(outsideAuthRoutes({ door, identify, rights }));
    return new LendingSite(bed, tokens, server, await server.listen());
  }

  /** @param as a name or any other word; nobody where absent. */
  async call<T = object>(
    method: string,
    path: string,
    { as, body, headers = {} }: { as?: string; body?: unknown; headers?: Record<string, string> } = {},
  ): Promise<LendingReply<T>> {
    const response = await fetch(this.url + path, {
      method,
      headers: {
        ...(as === undefined ? {} : { authorization: `Bearer ${as}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const { status } = response;
    return { status, headers: response.headers, body: (text === '' ? {} : JSON.parse(text)) as T & Problem };
  }

  async makeToken(as = 'mai', body: object = { cameraId: 'gate' }): Promise<IssuedStreamToken> {
    const made = await this.call<IssuedStreamToken>('POST', '/api/streaming/token', { as, body });
    assert.equal(made.status, 201, JSON.stringify(made.body));
    assert.equal(made.headers.get('cache-control'), 'no-store');
    return made.body;
  }

  async close(): Promise<void> {
    await this.#server.close();
    await this.bed.close();
  }
}
