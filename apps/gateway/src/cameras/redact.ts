/** The address without user, password and query, to be shown and logged: cameras take passwords in all three. */
export function redactAddress(address: string): string {
  // A command may hold passwords anywhere: its name is all that is shown.
  const [, command] = /^(exec:\s*(?:format=[\w.-]*\s*,)?\s*[\w./-]*)/i.exec(address) ?? [];
  if (command !== undefined) return command;
  const match = /^([a-z][a-z0-9+.-]*:\/\/)([^/?#]*)([^?#]*)/i.exec(address);
  if (match === null) return address.replace(/[?#].*$/s, '');
  const [, scheme = '', authority = '', path = ''] = match;
  return scheme + authority.slice(authority.lastIndexOf('@') + 1) + path;
}
