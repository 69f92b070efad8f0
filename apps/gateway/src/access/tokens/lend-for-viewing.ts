import type { Identity } from '../identity.ts';
import type { StreamTokens } from './stream-tokens.ts';

/**
 * For pages that are told where to view: a token in place of the credentials they came with. `undefined` where there
 * is none to be had, because limits are reached or nobody here lends it: what was shown does there too.
 */
export function lendForViewing(
  tokens: Pick<StreamTokens, 'issue'>,
  now: () => number = Date.now,
): (
  identity: Identity,
  cameraId: string,
) => Promise<{ readonly token: string; readonly expiresIn: number } | undefined> {
  return async (identity, cameraId) => {
    const issued = await tokens.issue({ identity, peer: { address: '' } }, cameraId);
    if (issued?.ok !== true) return undefined;
    return { token: issued.token, expiresIn: Math.max(0, Math.floor((issued.expiresAtMs - now()) / 1000)) };
  };
}
