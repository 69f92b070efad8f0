import { cameraSettings, type CameraChange, type CameraConfig } from '@vedette/contract';
import { isIP } from 'node:net';
import type { AddressGuard } from '../net/guarded-lookup.ts';
import { redactAddress } from './redact.ts';

/** Whether the address holds more than may be shown. */
export function hasSecrets(address: string): boolean {
  return redactAddress(address) !== address;
}

/**
 * The address that is meant by one that was sent: as it was shown, without its secrets, it is the present one. One
 * with another host or path is new, and whoever sends it has to know the password.
 */
export function meantAddress(sent: string, present: string | undefined): string {
  return present !== undefined && sent === redactAddress(present) ? present : sent;
}

/** The address that a host is named in by numbers, where it may not be connected to; names are looked at later. */
export function refusedHost(address: string, guard: AddressGuard): string | undefined {
  const [, authority = ''] = /^[a-z][a-z0-9+.-]*:\/\/([^/?#]*)/i.exec(address) ?? [];
  const [, inBrackets, plain] =
    /^(?:\[([^\]]*)\]|([^:]*))/.exec(authority.slice(authority.lastIndexOf('@') + 1)) ?? [];
  const host = inBrackets ?? plain ?? '';
  return isIP(host) !== 0 && !guard.isAllowed(host) ? host : undefined;
}

/** The configuration after a change, not checked yet; what is `null` is taken away. */
export function changedConfig(config: CameraConfig, change: CameraChange): Record<string, unknown> {
  const { source, sources, ...rest } = change;
  const merged: Record<string, unknown> = { ...config };
  for (const [key, value] of Object.entries(rest)) {
    if (value !== undefined) merged[key] = value ?? undefined;
  }
  if (source !== undefined) merged['source'] = meantAddress(source, config.source);
  if (sources !== undefined) {
    const sub = sources?.sub;
    merged['sources'] = sub === undefined ? undefined : { sub: meantAddress(sub, config.sources?.sub) };
  }
  return merged;
}

/** The settings as they are shown and written down: no address with its secrets. */
export function shownConfig(config: CameraConfig): Record<string, unknown> {
  const settings = Object.keys(cameraSettings.shape) as (keyof typeof cameraSettings.shape)[];
  const sub = config.sources?.sub;
  return {
    ...Object.fromEntries(settings.map((key) => [key, config[key]])),
    source: redactAddress(config.source),
    ...(sub === undefined ? {} : { sources: { sub: redactAddress(sub) } }),
  };
}
