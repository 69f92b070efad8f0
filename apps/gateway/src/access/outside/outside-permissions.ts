import { CAMERA_ACTIONS, type CameraAction } from '@vedette/contract';
import type { OutsidePermission } from '../identity.ts';
import { parseCameraPattern } from './camera-pattern.ts';

const MAX_PERMISSIONS = 200;
const MAX_PATH = 300;

/** Actions as MediaMTX names them, where that is otherwise. */
const ACTIONS: Readonly<Record<string, CameraAction>> = {
  read: 'view',
  ...Object.fromEntries(CAMERA_ACTIONS.map((action) => [action, action])),
};

/** What an action of MediaMTX, or one of ours, is called here; `undefined`: it is not about a camera. */
export function outsideAction(name: string): CameraAction | undefined {
  return Object.hasOwn(ACTIONS, name) ? ACTIONS[name] : undefined;
}

/** The camera of a path as MediaMTX writes it: `gate`, `/gate` or `live/gate`. */
export function cameraOfPath(path: string): string {
  return path.replace(/^\/+/, '').replace(/^live\//, '');
}

/**
 * Permissions as MediaMTX has them in its claim: `[{action, path}]`, or that as JSON text; an empty path is every
 * camera, one that begins with `~` a regular expression. What cannot be read allows nothing.
 */
export function parseOutsidePermissions(claim: unknown): OutsidePermission[] {
  const list = typeof claim === 'string' ? parseJson(claim) : claim;
  if (!Array.isArray(list)) return [];
  return list.slice(0, MAX_PERMISSIONS).flatMap((entry: unknown) => permissionOf(entry) ?? []);
}

function permissionOf(entry: unknown): OutsidePermission | undefined {
  if (typeof entry !== 'object' || entry === null || !('action' in entry)) return undefined;
  const path = 'path' in entry ? entry.path : '';
  if (typeof entry.action !== 'string' || typeof path !== 'string' || path.length > MAX_PATH)
    return undefined;
  const action = outsideAction(entry.action);
  if (action === undefined) return undefined;
  if (path === '') return { action };
  if (!path.startsWith('~')) return { action, camera: cameraOfPath(path) };
  const camera = parseCameraPattern(path.slice(1));
  return camera === undefined ? undefined : { action, camera };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
