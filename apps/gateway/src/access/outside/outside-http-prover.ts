import type { CameraAction } from '@vedette/contract';
import { randomUUID } from 'node:crypto';
import type { Logger } from '../../observability/logger.ts';
import type { Credentials, Peer, Refusal } from '../door.ts';
import type { Proof, ProofContext, Prover } from '../prover.ts';
import { refusal } from '../tokens/asker.ts';
import { secretHash } from '../tokens/secret-word.ts';
import { HttpEndpoint } from './http-endpoint.ts';

/** `access.http` of the configuration. */
export interface OutsideHttpSettings {
  readonly url: string;
  readonly timeoutMs: number;
  readonly fingerprint?: string | undefined;
  /** Actions for which it is not asked. */
  readonly exclude: readonly CameraAction[];
}

export interface OutsideHttpOptions {
  readonly settings: OutsideHttpSettings;
  readonly logger: Logger;
  readonly now?: () => number;
}

type Answer = 'yes' | 'no' | 'unavailable';

/** What an endpoint said is remembered for so long: a page of HLS or a player that reconnects asks once. */
const REMEMBERED_MS: Readonly<Record<Answer, number>> = { yes: 5000, no: 1000, unavailable: 1000 };
const MAX_REMEMBERED = 5000;
/** MediaMTX calls it so; what it has no word for keeps ours. */
const ACTIONS: Readonly<Partial<Record<CameraAction, string>>> = { view: 'read', export: 'playback' };

const UNAVAILABLE: Refusal = refusal(
  'unavailable',
  'ERR_ACCESS_HTTP_UNAVAILABLE',
  'Whoever decides about this does not answer now; try again in a moment.',
);

/**
 * Asks an HTTP endpoint whether somebody may do something, by the request that MediaMTX sends to its
 * `authHTTPAddress`; any 2xx is a yes. Whoever is let in may do just that, with just that camera. Asked last.
 */
export class OutsideHttpProver implements Prover {
  readonly #settings: OutsideHttpSettings;
  readonly #endpoint: HttpEndpoint;
  readonly #logger: Logger;
  readonly #now: () => number;
  /** By hash of the question, in the order of time. */
  readonly #remembered = new Map<string, { readonly answer: Answer; readonly untilMs: number }>();
  readonly #asked = new Map<string, Promise<Answer>>();

  constructor({ settings, logger, now = Date.now }: OutsideHttpOptions) {
    this.#settings = settings;
    this.#endpoint = new HttpEndpoint(settings);
    this.#logger = logger;
    this.#now = now;
  }

  async prove(
    credentials: Credentials,
    peer: Peer,
    context: ProofContext | undefined,
  ): Promise<Proof | Refusal | undefined> {
    // A cookie and an answer to a challenge mean nothing to anybody else.
    if (credentials.kind === 'cookie' || credentials.kind === 'digest') return undefined;
    if (context === undefined || this.#settings.exclude.includes(context.action)) return undefined;
    const answer = await this.#answerTo(questionOf(credentials, peer, context));
    if (answer === 'unavailable') return UNAVAILABLE;
    return answer === 'yes' ? proofOf(credentials, context) : undefined;
  }

  /** Safe to call twice. */
  close(): void {
    this.#endpoint.close();
  }

  async #answerTo(question: Readonly<Record<string, unknown>>): Promise<Answer> {
    const key = secretHash(JSON.stringify(question));
    const known = this.#remembered.get(key);
    if (known !== undefined && known.untilMs > this.#now()) return known.answer;
    let asked = this.#asked.get(key);
    if (asked === undefined) {
      asked = this.#ask(question)
        .then((answer) => {
          this.#remember(key, answer);
          return answer;
        })
        .finally(() => this.#asked.delete(key));
      this.#asked.set(key, asked);
    }
    return asked;
  }

  async #ask(question: Readonly<Record<string, unknown>>): Promise<Answer> {
    try {
      const status = await this.#endpoint.post({ ...question, id: randomUUID() });
      if (status >= 200 && status < 300) return 'yes';
      if (status < 500) return 'no';
      this.#logger.warn({ url: this.#address, status }, 'the endpoint of access.http fails');
    } catch (error) {
      this.#logger.warn({ err: error, url: this.#address }, 'the endpoint of access.http cannot be asked');
    }
    return 'unavailable';
  }

  /** Without what may be secret in it. */
  get #address(): string {
    const { origin, pathname } = new URL(this.#settings.url);
    return origin + pathname;
  }

  #remember(key: string, answer: Answer): void {
    const now = this.#now();
    for (const [oldest, { untilMs }] of this.#remembered) {
      if (untilMs > now && this.#remembered.size < MAX_REMEMBERED) break;
      this.#remembered.delete(oldest);
    }
    this.#remembered.delete(key);
    this.#remembered.set(key, { answer, untilMs: now + REMEMBERED_MS[answer] });
  }
}

function questionOf(
  credentials: Exclude<Credentials, { kind: 'cookie' | 'digest' }>,
  { address, userAgent = '' }: Peer,
  { action, cameraId, protocol }: ProofContext,
): Readonly<Record<string, unknown>> {
  const isPassword = credentials.kind === 'password';
  return {
    ip: address,
    user: isPassword ? credentials.user : '',
    password: isPassword ? credentials.password : '',
    token: credentials.kind === 'token' ? credentials.token : '',
    action: ACTIONS[action] ?? action,
    path: cameraId,
    protocol,
    query: '',
    userAgent,
  };
}

function proofOf(credentials: Credentials, { action, cameraId }: ProofContext): Proof {
  const user = credentials.kind === 'password' ? credentials.user.slice(0, 100) : '';
  const name = user === '' ? 'somebody outside' : user;
  return {
    ok: true,
    identity: {
      kind: 'outside',
      id: `http ${name}`,
      name,
      permissions: [{ action, camera: cameraId }],
      // As with MediaMTX: who was let in stays until he goes.
      expiresAtMs: Number.MAX_SAFE_INTEGER,
    },
  };
}
