import { type Action, cameraId, mediamtxQuestion, type MediamtxQuestion, problem } from '@vedette/contract';
import { z } from 'zod';
import type { Admission, Credentials, Door, Peer, Refusal } from '../access/door.ts';
import { identityName } from '../access/identity.ts';
import { cameraOfPath, outsideAction } from '../access/outside/outside-permissions.ts';
import type { Proof } from '../access/prover.ts';
import type { Rights } from '../access/rights.ts';
import type { HttpRoutes } from '../servers/http/http-app.ts';
import { HttpProblem } from '../servers/http/problems.ts';

export interface OutsideAuthRoutesDependencies {
  readonly door: Door;
  /** Finds out whose credentials are, where it is not about a camera. */
  readonly identify: (credentials: Credentials, peer: Peer) => Promise<Proof | Refusal>;
  readonly rights: Pick<Rights, 'decide'>;
}

/** What MediaMTX asks about beside its paths. */
const SITE_ACTIONS: Readonly<Record<string, Action>> = {
  api: 'configure',
  metrics: 'monitor',
  pprof: 'configure',
};

/**
 * `/api/v1/auth/mediamtx`: decides for a MediaMTX whose `authHTTPAddress` leads here. Whoever asks says himself what
 * address a viewer has, so that only he may ask who may see how Vedette does: MediaMTX shows the key that is in its
 * address, `http://mediamtx:vdk_…@vedette:8080/api/v1/auth/mediamtx`.
 */
export function outsideAuthRoutes(dependencies: OutsideAuthRoutesDependencies): HttpRoutes {
  return async (app) => {
    await Promise.resolve();
    app.post(
      '/api/v1/auth/mediamtx',
      {
        config: { access: { site: 'monitor' } },
        schema: {
          summary: 'Decide for a MediaMTX',
          description:
            'Takes the request that MediaMTX sends to its authHTTPAddress: read and publish are decided as at the ' +
            'doors of this gateway, for the camera that the path names. 200: yes. 401: who it is has to be proven. 403: no.',
          tags: ['access'],
          body: mediamtxQuestion,
          response: {
            200: z.object({ name: z.string().meta({ description: 'Who it is' }) }),
            400: problem,
            401: problem,
            403: problem,
            429: problem,
            503: problem,
          },
        },
      },
      async ({ body }) => {
        const answer = await answerTo(body, dependencies);
        if (answer.ok) return { name: identityName(answer.identity) };
        throw problemOf(answer, body);
      },
    );
  };
}

async function answerTo(
  question: MediamtxQuestion,
  { door, identify, rights }: OutsideAuthRoutesDependencies,
): Promise<Admission> {
  const { ip, userAgent, action: name, path, protocol } = question;
  const peer: Peer = { address: ip, userAgent: userAgent === '' ? undefined : userAgent };
  const credentials = credentialsOf(question);
  const action = outsideAction(name);
  const camera = cameraId.safeParse(cameraOfPath(path));
  if (action !== undefined && camera.success) {
    return door.knock({ credentials, peer, action, cameraId: camera.data, protocol: protocolOf(protocol) });
  }
  const site = Object.hasOwn(SITE_ACTIONS, name) ? SITE_ACTIONS[name] : undefined;
  const proof = await identify(credentials, peer);
  if (!proof.ok) return proof;
  return site !== undefined && rights.decide(proof.identity, site) === 'yes' ? proof : FORBIDDEN;
}

/** MediaMTX passes on what players wrote behind the `?` as it is: a token may be there too. */
function credentialsOf({ user, password, token, query }: MediamtxQuestion): Credentials {
  if (token !== '') return { kind: 'token', token };
  if (user !== '' || password !== '') return { kind: 'password', user, password };
  const inQuery = new URLSearchParams(query);
  const found = inQuery.get('token') ?? inQuery.get('jwt') ?? '';
  return found === '' ? { kind: 'none' } : { kind: 'token', token: found };
}

function protocolOf(protocol: string): string {
  return protocol === '' ? 'mediamtx' : protocol;
}

const FORBIDDEN: Refusal = {
  ok: false,
  reason: 'forbidden',
  code: 'ERR_FORBIDDEN',
  message: 'This is not allowed.',
};

/** MediaMTX asks a player for its password where none was shown and the answer is no. */
function problemOf(
  { reason, code, message, retryAfterMs }: Refusal,
  question: MediamtxQuestion,
): HttpProblem {
  const isUnproven = reason === 'unauthenticated' || credentialsOf(question).kind === 'none';
  const status = { unauthenticated: 401, forbidden: isUnproven ? 401 : 403, limited: 429, unavailable: 503 }[
    reason
  ];
  const wait = retryAfterMs === undefined ? {} : { 'retry-after': String(Math.ceil(retryAfterMs / 1000)) };
  return new HttpProblem(status, code, 'Not allowed', message, { headers: wait });
}
