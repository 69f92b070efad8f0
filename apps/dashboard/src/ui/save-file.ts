/** Browsers read what is saved a moment after they were told to. */
const KEPT_MS = 60_000;

/** Gives the person a text as a file, in their folder of downloads. */
export function saveFile(name: string, type: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), KEPT_MS);
}
