import { ProtocolError, type ErrorCode } from '@vedette/media';

import { ClientAuthenticator } from './client-authenticator.ts';
import { challengeError, responseError } from './client-errors.ts';
import { controlBase, resolveControl } from './control-url.ts';
import { keepAliveIntervalMs, keepAliveMethod } from './keep-alive.ts';
import { parsePublic } from './public-header.ts';
import { parseRtpInfo, type RtpInfo } from './rtp-info-header.ts';
import { RtspHeaders } from './rtsp-headers.ts';
import {
  rtspResponse,
  serializeRtspRequest,
  serializeRtspResponse,
  type RtspRequest,
  type RtspResponse,
} from './rtsp-message.ts';
import { formatRtspUrl, parseRtspUrl, type RtspUrl } from './rtsp-url.ts';
import { parseSession } from './session-header.ts';
import { parseTransports, serializeTransport, type RtspTransport } from './transport-header.ts';

export interface RtspClientOptions {
  /** Address of the presentation; its user and password answer challenges. */
  readonly url: RtspUrl;
  readonly userAgent: string;
  /** Unpredictable text for Digest authentication, e.g. 16 random hex digits. */
  readonly clientNonce: string;
  /** Present: the description to ANNOUNCE, for pushing. Absent: play. */
  readonly announce?: Uint8Array;
  /** How long an answer may take. Default 10 000. */
  readonly responseTimeoutMs?: number;
  /** How many more redirects are followed. Default 3. */
  readonly redirectsLeft?: number;
}

/** One media to set up. */
export interface ClientMedia {
  /** Its `a=control`. */
  readonly control: string | undefined;
  /** What to ask for: TCP with channels, or UDP with client ports. */
  readonly transport: RtspTransport;
}

/** What the owner of an `RtspClient` is to do, in order. */
export type RtspClientEffect =
  | { readonly type: 'send'; readonly bytes: Uint8Array }
  /** DESCRIBE was answered by a server of this name: choose medias, then call `setup`. */
  | { readonly type: 'described'; readonly description: Uint8Array; readonly server: string | undefined }
  /** ANNOUNCE was accepted: call `setup`. */
  | { readonly type: 'announced' }
  /** SETUP of `medias[index]` was answered with this transport. */
  | { readonly type: 'trackReady'; readonly index: number; readonly transport: RtspTransport }
  /** PLAY was accepted; `rtpInfo` belongs to `medias` by position, `undefined` where the server said nothing. */
  | { readonly type: 'playing'; readonly rtpInfo: readonly (RtpInfo | undefined)[] }
  | { readonly type: 'recording' }
  /** Close, and start again with a new client at `url` and this many redirects left. */
  | { readonly type: 'redirected'; readonly url: RtspUrl; readonly redirectsLeft: number }
  /** Close the connection; nothing more will come. */
  | { readonly type: 'failed'; readonly error: ProtocolError }
  /** TEARDOWN was answered, or its answer did not come: close the connection. */
  | { readonly type: 'closed' };

type Purpose = 'options' | 'describe' | 'announce' | 'setup' | 'play' | 'record' | 'keepAlive' | 'teardown';

interface Pending {
  readonly purpose: Purpose;
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  readonly deadlineMs: number;
  readonly wasAuthorized: boolean;
  readonly challenges: number;
}

const EMPTY = new Uint8Array(0);
/** A camera that is slow to say good-bye is not waited for. */
const TEARDOWN_TIMEOUT_MS = 500;

/**
 * The client's side of an RTSP session: OPTIONS, DESCRIBE (or ANNOUNCE), SETUP of each media, PLAY (or
 * RECORD), keep-alive, TEARDOWN; it answers challenges and matches responses.
 *
 * Pure: every call takes the time (any monotonic milliseconds) and returns effects to perform in
 * order. The owner calls `tick` when `nextDeadlineMs` has come. After `failed`, `redirected` or
 * `closed`, calls have no effect.
 */
export class RtspClient {
  readonly #options: RtspClientOptions;
  readonly #authenticator: ClientAuthenticator;
  readonly #pending = new Map<number, Pending>();
  #lastCSeq = 0;
  #methods: ReadonlySet<string> = new Set();
  #baseHeaders: { contentBase?: string | undefined; contentLocation?: string | undefined } = {};
  #aggregateUrl: string;
  #medias: readonly ClientMedia[] = [];
  #mediaUrls: readonly string[] = [];
  #sessionId: string | undefined;
  #timeoutSeconds: number | undefined;
  #keepAliveAtMs = Infinity;
  #readyTracks = 0;
  #isOver = false;

  constructor(options: RtspClientOptions) {
    this.#options = options;
    const { user, password = '' } = options.url;
    this.#authenticator = new ClientAuthenticator(
      user === undefined ? undefined : { user, password },
      options.clientNonce,
    );
    this.#aggregateUrl = formatRtspUrl(options.url);
  }

  /** Methods that the server's answer to OPTIONS listed. */
  get serverMethods(): ReadonlySet<string> {
    return this.#methods;
  }

  /** When to call `tick`: same clock as `nowMs`; `Infinity` when nothing is due. */
  get nextDeadlineMs(): number {
    if (this.#isOver) return Infinity;
    let deadlineMs = this.#keepAliveAtMs;
    for (const pending of this.#pending.values()) deadlineMs = Math.min(deadlineMs, pending.deadlineMs);
    return deadlineMs;
  }

  /** Begins: the connection is open. */
  start(nowMs: number): RtspClientEffect[] {
    return this.#send(nowMs, 'options', 'OPTIONS', this.#aggregateUrl);
  }

  /**
   * Sets up `medias` one after the other, then plays or records.
   *
   * @param sessionControl the description's session-level `a=control`.
   */
  setup(
    medias: readonly ClientMedia[],
    sessionControl: string | undefined,
    nowMs: number,
  ): RtspClientEffect[] {
    const { url } = this.#options;
    this.#aggregateUrl = controlBase(url, { ...this.#baseHeaders, sessionControl });
    this.#medias = medias;
    this.#mediaUrls = medias.map(({ control }) => resolveControl(url, this.#aggregateUrl, control));
    return this.#setupFrom(0, nowMs);
  }

  /** Ends the session politely; `closed` follows, at once when there is no session. */
  teardown(nowMs: number): RtspClientEffect[] {
    if (this.#isOver) return [];
    this.#keepAliveAtMs = Infinity;
    this.#pending.clear();
    if (this.#sessionId === undefined) return this.#end({ type: 'closed' });
    return this.#send(nowMs, 'teardown', 'TEARDOWN', this.#aggregateUrl);
  }

  /** The time has come to `nowMs`. */
  tick(nowMs: number): RtspClientEffect[] {
    if (this.#isOver) return [];
    for (const [cseq, pending] of this.#pending) {
      if (nowMs < pending.deadlineMs) continue;
      if (pending.purpose === 'teardown') return this.#end({ type: 'closed' });
      // Some cameras never answer keep-alives. Whether media still flows is for the owner to judge.
      this.#pending.delete(cseq);
      if (pending.purpose === 'keepAlive') continue;
      return this.#fail('ERR_RTSP_RESPONSE_TIMEOUT', `the camera did not answer ${pending.method} in time`);
    }
    if (nowMs < this.#keepAliveAtMs) return [];
    this.#scheduleKeepAlive(nowMs);
    return this.#send(nowMs, 'keepAlive', keepAliveMethod(this.#methods), this.#aggregateUrl);
  }

  /** Takes a response. One that answers nothing is ignored. */
  receive(response: RtspResponse, nowMs: number): RtspClientEffect[] {
    if (this.#isOver || response.status < 200) return [];
    const cseq = this.#match(response);
    const pending = cseq === undefined ? undefined : this.#pending.get(cseq);
    if (cseq === undefined || pending === undefined) return [];
    this.#pending.delete(cseq);
    try {
      return this.#answered(pending, response, nowMs);
    } catch (error) {
      if (error instanceof ProtocolError) return this.#end({ type: 'failed', error });
      throw error;
    }
  }

  /** Answers a request of the server: it redirects; some cameras ping their clients by OPTIONS or GET_PARAMETER. */
  receiveRequest(request: RtspRequest): RtspClientEffect[] {
    if (this.#isOver) return [];
    const location = request.headers.get('Location');
    // RFC 2326 §10.10: a server that is about to go says where to.
    if (request.method === 'REDIRECT' && location !== undefined) {
      const answer = { type: 'send', bytes: serializeRtspResponse(rtspResponse(request, 200)) } as const;
      return [answer, ...this.#redirectedSafely(location)];
    }
    const isPing = /^(?:OPTIONS|[GS]ET_PARAMETER)$/.test(request.method);
    return [{ type: 'send', bytes: serializeRtspResponse(rtspResponse(request, isPing ? 200 : 501)) }];
  }

  /** By CSeq; a response without one, as some cameras send, answers the oldest request. */
  #match(response: RtspResponse): number | undefined {
    const text = response.headers.get('CSeq');
    if (text === undefined) return this.#pending.keys().next().value;
    return Number.parseInt(text, 10);
  }

  #answered(pending: Pending, response: RtspResponse, nowMs: number): RtspClientEffect[] {
    const { status } = response;
    if (status === 401) return this.#challenged(pending, response, nowMs);
    if (status >= 300) return this.#refused(pending, response, nowMs);
    this.#takeSession(response);
    switch (pending.purpose) {
      case 'options':
        this.#methods = parsePublic(response.headers.getAll('Public'));
        return this.#describe(nowMs);
      case 'describe':
        return this.#described(response);
      case 'announce':
        return [{ type: 'announced' }];
      case 'setup':
        return this.#trackReady(response, nowMs);
      case 'play':
        this.#scheduleKeepAlive(nowMs);
        return [{ type: 'playing', rtpInfo: this.#rtpInfo(response) }];
      case 'record':
        this.#scheduleKeepAlive(nowMs);
        return [{ type: 'recording' }];
      case 'keepAlive':
        return [];
      case 'teardown':
        return this.#end({ type: 'closed' });
    }
  }

  #describe(nowMs: number): RtspClientEffect[] {
    const { announce } = this.#options;
    if (announce === undefined) {
      return this.#send(nowMs, 'describe', 'DESCRIBE', this.#aggregateUrl, { Accept: 'application/sdp' });
    }
    const headers = { 'Content-Type': 'application/sdp' };
    return this.#send(nowMs, 'announce', 'ANNOUNCE', this.#aggregateUrl, headers, announce);
  }

  #described({ headers, body }: RtspResponse): RtspClientEffect[] {
    if (body.length === 0) {
      return this.#fail('ERR_RTSP_NO_DESCRIPTION', 'the camera answered DESCRIBE without a description');
    }
    this.#baseHeaders = {
      contentBase: headers.get('Content-Base'),
      contentLocation: headers.get('Content-Location'),
    };
    return [{ type: 'described', description: body, server: headers.get('Server') }];
  }

  #setupFrom(index: number, nowMs: number): RtspClientEffect[] {
    const media = this.#medias[index];
    const url = this.#mediaUrls[index];
    if (media !== undefined && url !== undefined) {
      return this.#send(nowMs, 'setup', 'SETUP', url, { Transport: serializeTransport(media.transport) });
    }
    if (this.#options.announce !== undefined) {
      return this.#send(nowMs, 'record', 'RECORD', this.#aggregateUrl, { Range: 'npt=now-' });
    }
    return this.#send(nowMs, 'play', 'PLAY', this.#aggregateUrl, { Range: 'npt=0.000-' });
  }

  #trackReady(response: RtspResponse, nowMs: number): RtspClientEffect[] {
    const index = this.#readyTracks;
    const asked = this.#medias[index]?.transport;
    if (asked === undefined) return [];
    this.#readyTracks += 1;
    const [answered] = parseTransports(response.headers.getAll('Transport').join(','));
    // Some cameras leave "/TCP" out of an answer that names channels.
    const isInterleaved = answered?.interleaved !== undefined;
    if (answered !== undefined && answered.lower !== asked.lower && !isInterleaved) {
      return this.#fail(
        'ERR_RTSP_TRANSPORT_REFUSED',
        `the camera wants ${answered.lower} where ${asked.lower} was asked for`,
      );
    }
    const transport = { ...asked, ...answered, lower: asked.lower }; // what the answer leaves out is as asked
    return [{ type: 'trackReady', index, transport }, ...this.#setupFrom(index + 1, nowMs)];
  }

  /** The entries of RTP-Info by media. */
  #rtpInfo(response: RtspResponse): (RtpInfo | undefined)[] {
    const entries = parseRtpInfo(response.headers.getAll('RTP-Info').join(','));
    const { url } = this.#options;
    return this.#mediaUrls.map((mediaUrl) =>
      entries.find((entry) => resolveControl(url, this.#aggregateUrl, entry.url) === mediaUrl),
    );
  }

  #takeSession(response: RtspResponse): void {
    const value = response.headers.get('Session');
    if (value === undefined) return;
    const { id, timeoutSeconds } = parseSession(value);
    this.#sessionId = id;
    this.#timeoutSeconds = timeoutSeconds ?? this.#timeoutSeconds;
  }

  #scheduleKeepAlive(nowMs: number): void {
    this.#keepAliveAtMs = nowMs + keepAliveIntervalMs(this.#timeoutSeconds);
  }

  #challenged(pending: Pending, response: RtspResponse, nowMs: number): RtspClientEffect[] {
    const { wasAuthorized, challenges, purpose, method, url, headers, body } = pending;
    const values = response.headers.getAll('WWW-Authenticate');
    const outcome = this.#authenticator.challenged(values, wasAuthorized, challenges);
    if (outcome === 'retry') return this.#send(nowMs, purpose, method, url, headers, body, challenges + 1);
    if (purpose === 'teardown') return this.#end({ type: 'closed' });
    // A few cameras challenge OPTIONS in a way that cannot be answered, and play all the same.
    if (purpose === 'options' && outcome === 'unsupported') return this.#describe(nowMs);
    return this.#end({ type: 'failed', error: challengeError(outcome) });
  }

  #refused(pending: Pending, response: RtspResponse, nowMs: number): RtspClientEffect[] {
    const location = response.headers.get('Location');
    if (response.status < 400 && location !== undefined) return this.#redirected(location);
    switch (pending.purpose) {
      case 'options': // cameras without OPTIONS answer 404, 405, 501 or 551
        return this.#describe(nowMs);
      case 'keepAlive':
        if (response.status === 454) break;
        this.#methods = new Set(); // from now on by OPTIONS
        return [];
      case 'teardown':
        return this.#end({ type: 'closed' });
      default:
    }
    return this.#end({ type: 'failed', error: responseError(pending.method, response) });
  }

  #redirectedSafely(location: string): RtspClientEffect[] {
    try {
      return this.#redirected(location);
    } catch (error) {
      if (error instanceof ProtocolError) return this.#end({ type: 'failed', error });
      throw error;
    }
  }

  /** Credentials go along only to the same host: a camera must not send them elsewhere. */
  #redirected(location: string): RtspClientEffect[] {
    const { url, redirectsLeft = 3 } = this.#options;
    if (redirectsLeft <= 0) return this.#fail('ERR_RTSP_REDIRECTS', 'the camera redirects again and again');
    const target = parseRtspUrl(location);
    const isSameHost = target.host === url.host && target.isSecure === url.isSecure;
    const { user, password } = target.user === undefined && isSameHost ? url : target;
    return this.#end({
      type: 'redirected',
      url: { ...target, user, password },
      redirectsLeft: redirectsLeft - 1,
    });
  }

  #send(
    nowMs: number,
    purpose: Purpose,
    method: string,
    url: string,
    headers: Readonly<Record<string, string>> = {},
    body: Uint8Array = EMPTY,
    challenges = 0,
  ): RtspClientEffect[] {
    const { userAgent, responseTimeoutMs = 10_000 } = this.#options;
    this.#lastCSeq += 1;
    const authorization = this.#authenticator.header(method, url);
    this.#pending.set(this.#lastCSeq, {
      purpose,
      method,
      url,
      headers,
      body,
      challenges,
      wasAuthorized: authorization !== undefined,
      deadlineMs: nowMs + (purpose === 'teardown' ? TEARDOWN_TIMEOUT_MS : responseTimeoutMs),
    });
    const message = {
      method,
      url,
      headers: RtspHeaders.of({
        CSeq: String(this.#lastCSeq),
        'User-Agent': userAgent,
        Session: this.#sessionId,
        Authorization: authorization,
        ...headers,
      }),
      body,
    };
    return [{ type: 'send', bytes: serializeRtspRequest(message) }];
  }

  #fail(code: ErrorCode, sentence: string): RtspClientEffect[] {
    return this.#end({ type: 'failed', error: new ProtocolError(code, sentence) });
  }

  #end(effect: RtspClientEffect): RtspClientEffect[] {
    this.#isOver = true;
    this.#pending.clear();
    return [effect];
  }
}
