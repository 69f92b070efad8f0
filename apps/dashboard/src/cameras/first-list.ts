import { ApiClient } from '@vedette/client';
import type { Camera } from '@vedette/contract';
import { PAGE_TOKEN } from '../account/page-token.ts';

export const api = new ApiClient('', PAGE_TOKEN);

let first: Promise<Camera[]> | undefined;

/** The list of cameras, asked for once as early as can be. Later news comes over the event socket. */
export async function firstCameraList(): Promise<Camera[]> {
  first ??= api.cameras();
  return first;
}

/** Forgets a list that did not arrive, so that the next call asks anew. */
export function forgetFirstCameraList(): void {
  first = undefined;
}

let collator: Intl.Collator | undefined;

/** By name as people sort: “Camera 2” before “Camera 10”. */
export function byName(a: Camera, b: Camera): number {
  collator ??= new Intl.Collator(undefined, { numeric: true, sensitivity: 'base' });
  return collator.compare(a.name, b.name) || collator.compare(a.id, b.id);
}
