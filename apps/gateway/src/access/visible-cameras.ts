import type { Identity } from './identity.ts';
import type { Rights } from './rights.ts';

/** Whether the identity may know of the camera at all. */
export function mayView(rights: Pick<Rights, 'decide'>, identity: Identity, cameraId: string): boolean {
  return rights.decide(identity, 'view', cameraId) === 'yes';
}

/** Those of `cameras` that the identity may know of, in their order. */
export function visibleCameras<Item extends { readonly id: string }>(
  rights: Pick<Rights, 'decide'>,
  identity: Identity,
  cameras: readonly Item[],
): Item[] {
  return cameras.filter(({ id }) => mayView(rights, identity, id));
}
