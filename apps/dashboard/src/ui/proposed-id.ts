const LONGEST = 64;

/** What an id may be: see `cameraId` of the contract. */
const ID = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;

export function isId(text: string): boolean {
  return ID.test(text);
}

/**
 * An id made of a name for people: “Cổng trước 2” becomes `cong-truoc-2`. One that is taken gets a number.
 * Empty where the name has neither letters nor digits of the Latin script.
 */
export function proposedId(name: string, taken: readonly string[]): string {
  const plain = name
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .replaceAll(/[đĐ]/g, 'd')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, LONGEST - 4)
    .replaceAll(/^-|-$/g, '');
  if (plain === '' || !taken.includes(plain)) return plain;
  let number = 2;
  while (taken.includes(`${plain}-${number}`)) number += 1;
  return `${plain}-${number}`;
}
