import { useEffect, type RefObject } from 'react';

const IDLE_MS = 2500;

/** Marks `element` with `data-idle` while the pointer rests, without a render: controls fade by style. */
export function useIdleMark(element: RefObject<HTMLElement | null>): void {
  useEffect(() => {
    const target = element.current;
    if (target === null) return undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const stir = (): void => {
      delete target.dataset['idle'];
      clearTimeout(timer);
      timer = setTimeout(() => (target.dataset['idle'] = ''), IDLE_MS);
    };
    stir();
    for (const name of ['pointermove', 'pointerdown', 'keydown', 'focusin'] as const) {
      target.addEventListener(name, stir);
    }
    return () => {
      clearTimeout(timer);
      for (const name of ['pointermove', 'pointerdown', 'keydown', 'focusin'] as const) {
        target.removeEventListener(name, stir);
      }
    };
  }, [element]);
}
