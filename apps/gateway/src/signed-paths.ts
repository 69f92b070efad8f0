import { PathSigner } from './access/tokens/path-signature.ts';
import type { Access } from './open-access.ts';
import type { SignedPaths } from './servers/hls/signed-viewing.ts';

/** How paths of HLS are signed, and who it is that was given one. */
export function signedPaths({
  secrets,
  streamTokens,
  shareLinks,
  nameOf,
}: Pick<Access, 'secrets' | 'streamTokens' | 'shareLinks' | 'nameOf'>): SignedPaths {
  return {
    signer: new PathSigner(secrets.key('hls-paths')),
    identityOf: ({ kind, id }) => {
      if (kind === 'streamToken') return streamTokens.get(id)?.identity;
      if (kind === 'shareLink') return shareLinks.get(id)?.identity;
      const name = nameOf(id);
      return name === undefined ? undefined : { kind, id, name };
    },
  };
}
