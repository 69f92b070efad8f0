import { writeSync } from 'node:fs';
import type { AccessUnit, Track } from '@vedette/media';
import type { Channel } from '../channel.ts';
import type { Link } from '../link.ts';
import { serveAsWorker } from '../worker-child.ts';

/** What the worker of the tests can be asked to do. */
export interface OddRequests {
  readonly requests: {
    readonly echo: { readonly params: { readonly text: string }; readonly result: { readonly text: string } };
    readonly env: { readonly params: null; readonly result: Record<string, string | undefined> };
    /** Throws. */
    readonly fail: { readonly params: null; readonly result: null };
    /** Never answers. */
    readonly ignore: { readonly params: null; readonly result: null };
    /** Sends back, on the same channel, whatever comes on it. */
    readonly mirror: { readonly params: { readonly channel: number }; readonly result: null };
    readonly exit: { readonly params: { readonly code: number }; readonly result: null };
    readonly writeRubbish: { readonly params: null; readonly result: null };
    readonly grow: { readonly params: { readonly bytes: number }; readonly result: null };
  };
  readonly notices: { readonly say: string };
}

export interface OddNotices {
  readonly requests: Record<string, never>;
  readonly notices: { readonly said: string };
}

const held: Uint8Array[] = [];

const link: Link<OddRequests, OddNotices> = serveAsWorker({
  handlers: {
    requests: {
      echo: (params, attachment) => ({ result: params, attachment: [attachment] }),
      env: () => ({ result: { ...process.env, argv: process.argv.slice(2).join(' ') } }),
      fail: () => {
        throw Object.assign(new Error('it does not work'), { code: 'ERR_ODD' });
      },
      ignore: () => Promise.withResolvers<{ result: null }>().promise,
      mirror: ({ channel }) => {
        const mirror: Channel = link.joinChannel(channel, {
          onTracks: (tracks: readonly Track[]) => mirror.setTracks(tracks),
          onUnit: (unit: AccessUnit) => mirror.write(unit),
        });
        return { result: null };
      },
      exit: ({ code }) => process.exit(code),
      writeRubbish: () => {
        writeSync(3, Buffer.alloc(64, 0xff));
        return { result: null };
      },
      grow: ({ bytes }) => {
        held.push(new Uint8Array(bytes).fill(1));
        return { result: null };
      },
    },
    notices: { say: (text) => link.notify('said', text) },
  },
});
