const NAMES: readonly (readonly [prefix: RegExp, name: string])[] = [
  [/^avc[13]\./i, 'H.264'],
  [/^h(?:vc|ev)1\./i, 'H.265'],
  [/^av01\./i, 'AV1'],
  [/^vp09\./i, 'VP9'],
];

/** The video codec of an RFC 6381 list as people know it (`mp4a.40.2,avc1.64001f` → `H.264`). */
export function videoCodecName(codecs: string): string | undefined {
  for (const codec of codecs.split(',')) {
    const found = NAMES.find(([prefix]) => prefix.test(codec.trim()));
    if (found !== undefined) return found[1];
  }
  return undefined;
}
