const KEY = 'vedette.details';

/** Whether the person has the details beside the picture, where there is room for them. */
export function areDetailsOpen(): boolean {
  try {
    return localStorage.getItem(KEY) !== 'closed';
  } catch {
    return true;
  }
}

export function rememberDetails(isOpen: boolean): void {
  try {
    localStorage.setItem(KEY, isOpen ? 'open' : 'closed');
  } catch {
    // Blocked or full: it holds for this page.
  }
}
