import { SourceError } from '../../cameras/source.ts';

/**
 * Splits a command into its words as a shell would, and does nothing else that a shell does: quotes and backslashes
 * mean what they mean there; `$`, `*`, `|` and `;` mean nothing.
 *
 * @throws {SourceError} `ERR_EXEC_COMMAND`: a quote is never closed, or there is no command.
 */
export function splitCommand(text: string): readonly [command: string, ...args: string[]] {
  const words: string[] = [];
  let word: string | undefined;
  const tokens = text.matchAll(/(\s+)|'([^']*)'|"((?:[^"\\]|\\.)*)"|\\(.)|([^\s'"\\]+)|(.)/gs);
  for (const [, space, ...pieces] of tokens) {
    if (space === undefined) {
      word = (word ?? '') + meaning(pieces);
    } else {
      if (word !== undefined) words.push(word);
      word = undefined;
    }
  }
  if (word !== undefined) words.push(word);
  const [command, ...args] = words;
  if (command === undefined || command === '') throw commandError('there is no command');
  return [command, ...args];
}

/** What a piece of a word stands for. */
function meaning([single, double, escaped, plain, stray]: readonly (string | undefined)[]): string {
  if (stray !== undefined) throw commandError('a quote is never closed');
  // Inside double quotes a backslash is one, except in front of what it has to hide (POSIX shell §2.2.3).
  return single ?? double?.replace(/\\([$`"\\\n])/g, '$1') ?? escaped ?? plain ?? '';
}

function commandError(what: string): SourceError {
  return new SourceError('ERR_EXEC_COMMAND', `in the command of exec: ${what}`, { isPermanent: true });
}
