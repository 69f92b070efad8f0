import type { TestContext } from 'node:test';
import { chromium, type BrowserContext, type BrowserContextOptions, type Page } from 'playwright-core';

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--autoplay-policy=no-user-gesture-required',
];

/** A camera and a microphone that need nobody's consent: a moving picture, and a beep. */
export const FAKE_DEVICES = ['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream'];

export interface Browser {
  newPage(): Promise<Page>;
  /** A visitor of their own: screen, storage, permissions. Closed by whoever asked for it. */
  newContext(options?: BrowserContextOptions): Promise<BrowserContext>;
  /** Ends it in the middle of everything: nobody is told. */
  kill(): void;
}

/**
 * Starts a Chromium of its own; ended with the test.
 *
 * @param flags further ones
 */
export async function startChromium(
  context: Pick<TestContext, 'after'>,
  flags: readonly string[] = [],
): Promise<Browser> {
  const server = await chromium
    .launchServer({ executablePath: '/usr/bin/chromium', headless: true, args: [...FLAGS, ...flags] })
    .catch((error: unknown) => {
      throw new Error('These tests need Chromium: apt-get install chromium', { cause: error });
    });
  const browser = await chromium.connect(server.wsEndpoint());
  context.after(async () => {
    await browser.close();
    await server.close();
  });
  return {
    newPage: async () => browser.newPage(),
    newContext: async (options) => browser.newContext(options),
    kill: () => {
      const { pid } = server.process();
      // The leader of its group: the processes that hold its sockets go with it.
      if (pid !== undefined) process.kill(-pid, 'SIGKILL');
    },
  };
}
