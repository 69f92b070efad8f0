import type { Camera, NewPush, Problem, Push, ServerInfo, Session } from '@vedette/contract';

/** The gateway answered, and the answer is no. `code` is stable and safe to match on. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** The gateway did not answer at all: it is down, restarting, or the network is. */
export class UnreachableError extends Error {
  override readonly name = 'UnreachableError';
}

function isProblem(value: unknown): value is Problem {
  return typeof value === 'object' && value !== null && 'code' in value && 'title' in value;
}

/** Reads problem details (RFC 9457) out of an answer that is not 2xx; an answer without them gets `ERR_HTTP`. */
async function toApiError(response: Response): Promise<ApiError> {
  const body: unknown = await response.json().catch(() => undefined);
  if (!isProblem(body)) {
    return new ApiError(response.status, 'ERR_HTTP', `The gateway answered ${response.status}.`);
  }
  return new ApiError(response.status, body.code, body.detail ?? body.title);
}

/**
 * `fetch` that throws `ApiError` for an answer that is not 2xx and `UnreachableError` for none.
 * An abort keeps its own error.
 */
export async function request(url: string, init: RequestInit = {}): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(url, init);
  } catch (error) {
    if (init.signal?.aborted === true) throw error;
    throw new UnreachableError('The gateway does not answer.', { cause: error });
  }
  // A proxy in front says so when nobody is behind it.
  if (response.status === 502 || response.status === 504) {
    throw new UnreachableError('The gateway does not answer.');
  }
  if (!response.ok) throw await toApiError(response);
  return response;
}

const PAGE_SIZE = 1000;

interface Page<Item> {
  readonly items: readonly Item[];
  readonly nextCursor: string | null;
}

/** The HTTP API, typed by the contract. The gateway checks what it sends; it is not checked again here. */
export class ApiClient {
  readonly #baseUrl: string;
  readonly #headers: Readonly<Record<string, string>>;

  /**
   * @param baseUrl origin of the gateway without a trailing slash; empty for the page's own.
   * @param token shown with each request, in place of the cookie of a login.
   */
  constructor(baseUrl = '', token?: string) {
    this.#baseUrl = baseUrl;
    this.#headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  }

  /** What the gateway says of itself. */
  async server(signal?: AbortSignal): Promise<ServerInfo> {
    return this.get('/api/v1/server', signal);
  }

  /** Every camera, all pages, sorted by id. */
  async cameras(signal?: AbortSignal): Promise<Camera[]> {
    return this.list<Camera>('/api/v1/cameras', signal);
  }

  /** Who is watching or publishing now. */
  async sessions(signal?: AbortSignal): Promise<Session[]> {
    return this.list<Session>('/api/v1/sessions', signal);
  }

  /** Ends a session; one that is over already is fine. */
  async endSession(id: string): Promise<void> {
    try {
      await this.send('DELETE', `/api/v1/sessions/${encodeURIComponent(id)}`);
    } catch (error) {
      if (!(error instanceof ApiError && error.status === 404)) throw error;
    }
  }

  /** Where a camera is pushed to. */
  async pushes(cameraId: string, signal?: AbortSignal): Promise<Push[]> {
    return this.list<Push>(pushesPath(cameraId), signal);
  }

  /** Pushes a camera to a further destination, until it is ended or the gateway ends. */
  async addPush(cameraId: string, push: NewPush): Promise<Push> {
    return this.send('POST', pushesPath(cameraId), push);
  }

  /** Starts a push, also one that has given up, or stops it. */
  async setPush(cameraId: string, id: string, enabled: boolean): Promise<Push> {
    return this.send('PATCH', `${pushesPath(cameraId)}/${encodeURIComponent(id)}`, { enabled });
  }

  /** Ends a push that was made by `addPush`; one that is gone already is fine. */
  async removePush(cameraId: string, id: string): Promise<void> {
    try {
      await this.send('DELETE', `${pushesPath(cameraId)}/${encodeURIComponent(id)}`);
    } catch (error) {
      if (!(error instanceof ApiError && error.status === 404)) throw error;
    }
  }

  /** One answer of the API, by its path below the gateway's origin. */
  async get<Answer>(path: string, signal?: AbortSignal): Promise<Answer> {
    const init = { headers: this.#headers, ...(signal === undefined ? {} : { signal }) };
    return (await (await request(`${this.#baseUrl}${path}`, init)).json()) as Answer;
  }

  /** Asks for a change. @returns the answer; `undefined` where there is none (204). */
  async send<Answer>(
    method: 'POST' | 'PUT' | 'PATCH' | 'DELETE',
    path: string,
    body?: object,
  ): Promise<Answer> {
    const content =
      body === undefined
        ? {}
        : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
    const response = await request(`${this.#baseUrl}${path}`, { method, ...content });
    return (response.status === 204 ? undefined : await response.json()) as Answer;
  }

  /** All pages of a list. */
  async list<Item>(path: string, signal?: AbortSignal): Promise<Item[]> {
    const items: Item[] = [];
    let cursor: string | null = null;
    do {
      const query = new URLSearchParams({ limit: String(PAGE_SIZE), ...(cursor === null ? {} : { cursor }) });
      const page: Page<Item> = await this.get(`${path}?${query}`, signal);
      items.push(...page.items);
      cursor = page.nextCursor;
    } while (cursor !== null);
    return items;
  }
}

function pushesPath(cameraId: string): string {
  return `/api/v1/cameras/${encodeURIComponent(cameraId)}/pushes`;
}
