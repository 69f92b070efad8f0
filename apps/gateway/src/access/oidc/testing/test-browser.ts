/** What a browser shows in the end. */
export interface Shown {
  readonly url: URL;
  readonly status: number;
  readonly text: string;
  readonly headers: Headers;
}

const MAX_STEPS = 20;

/** As much of a browser as logging in needs: cookies, redirects, and forms without scripts. */
export class TestBrowser {
  /** By origin, then by name. */
  readonly #cookies = new Map<string, Map<string, string>>();

  /** The value of a cookie; what belongs to which path is not told apart. */
  cookie(origin: string, name: string): string | undefined {
    return this.#cookies.get(new URL(origin).origin)?.get(name);
  }

  setCookie(origin: string, name: string, value: string): void {
    this.#jar(new URL(origin)).set(name, value);
  }

  /** One request, without following where it leads. */
  async ask(address: string, form?: URLSearchParams): Promise<Response> {
    const url = new URL(address);
    const jar = this.#jar(url);
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await fetch(url, {
      redirect: 'manual',
      headers: { accept: 'text/html', ...(cookie === '' ? {} : { cookie }) },
      ...(form === undefined ? {} : { method: 'POST', body: form }),
    });
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (value === '' || /expires=Thu, 01 Jan 1970/i.test(line)) jar.delete(name);
      else jar.set(name, value);
    }
    return response;
  }

  /** Goes there, and wherever it is led to, as long as `isWanted` says so. */
  async go(address: string, isWanted: (url: URL) => boolean = () => true): Promise<Shown> {
    return this.#follow(new URL(address), undefined, isWanted);
  }

  /** Fills in the form of a page and sends it. */
  async submit(page: Shown, fields: Readonly<Record<string, string>>): Promise<Shown> {
    const [, action = ''] = /<form[^>]*action="([^"]*)"/.exec(page.text) ?? [];
    const form = new URLSearchParams();
    for (const [input] of page.text.matchAll(/<input[^>]*type="hidden"[^>]*>/g)) {
      const [, name = ''] = /name="([^"]*)"/.exec(input) ?? [];
      const [, value = ''] = /value="([^"]*)"/.exec(input) ?? [];
      form.set(name, value);
    }
    for (const [name, value] of Object.entries(fields)) form.set(name, value);
    return this.#follow(new URL(action, page.url), form, () => true);
  }

  async #follow(
    first: URL,
    form: URLSearchParams | undefined,
    isWanted: (url: URL) => boolean,
  ): Promise<Shown> {
    let url = first;
    let body = form;
    for (let step = 0; step < MAX_STEPS; step += 1) {
      const response = await this.ask(url.href, body);
      const location = response.headers.get('location');
      const next = location === null ? undefined : new URL(location, url);
      if (next === undefined || !isWanted(next)) {
        const { status, headers } = response;
        return { url: next ?? url, status, headers, text: await response.text() };
      }
      await response.body?.cancel();
      url = next;
      body = undefined;
    }
    throw new Error(`led around in circles, to ${url.href}`);
  }

  #jar({ origin }: URL): Map<string, string> {
    const jar = this.#cookies.get(origin) ?? new Map<string, string>();
    this.#cookies.set(origin, jar);
    return jar;
  }
}
