import path from 'node:path';

/** A `file:` address with its path made absolute, from `folder` on. */
export function resolveFileAddress(address: string, folder: string): string {
  const [, name = '', query = ''] = /^file:(?:\/\/(?=\/))?(.*?)(\?[^?]*)?$/is.exec(address) ?? [];
  return `file:${path.resolve(folder, name)}${query}`;
}
