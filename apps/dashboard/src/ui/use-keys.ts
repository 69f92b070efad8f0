import { useEffect, useEffectEvent } from 'react';

/** Keys typed into these are text, or belong to a menu or a dialog. */
const OWN_KEYS = 'input, textarea, select, [contenteditable], [role="dialog"], [role="menu"]';

function isOurs(event: KeyboardEvent): boolean {
  if (event.defaultPrevented || event.isComposing) return false;
  return !(event.target instanceof Element && event.target.closest(OWN_KEYS) !== null);
}

/** `event.key` as one case, so that Caps Lock changes nothing. */
function keyOf(event: KeyboardEvent): string {
  return event.key.length === 1 ? event.key.toLowerCase() : event.key;
}

/**
 * Plain keys, wherever the focus is, except while something is typed or a dialog is open. The handler
 * says whether it used the key; a used key does nothing else.
 */
export function useKeys(handler: (key: string, event: KeyboardEvent) => boolean): void {
  const handle = useEffectEvent((event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !isOurs(event)) return;
    if (handler(keyOf(event), event)) event.preventDefault();
  });
  useEffect(() => {
    const listener = (event: KeyboardEvent): void => handle(event);
    addEventListener('keydown', listener);
    return () => removeEventListener('keydown', listener);
  }, []);
}
