const MAX_LENGTH = 200;
/** Of `*`, `+` and `{n,m}`: what they cost multiplies. */
const MAX_REPEATS = 3;
/** Without `^` the search begins anew at every character, which costs as much as one more. */
const MAX_REPEATS_UNANCHORED = 2;
/** Counted repeats of one character; ids have 64 at most. */
const MAX_COUNT = 64;
/** Escapes that mean the same everywhere: classes of characters, and characters that would mean something else. */
const ESCAPE = /[dDwWsS.\-_/^$*+?()[\]{}|\\]/;
const COUNT = /^\{(\d{1,3})(,(\d{1,3})?)?\}/;

/** What was read so far of an open group. */
interface Group {
  hasChoice: boolean;
  hasQuantifier: boolean;
}

/**
 * A regular expression over camera ids that somebody outside wrote, in a part of the language that cannot take long:
 * no look-around, no back-references, nothing repeated that repeats or chooses itself, and few repeats. A camera id
 * has at most 64 characters, so that what is left takes a millisecond at worst.
 *
 * @returns `undefined` where it is none, or none of that part.
 */
export function parseCameraPattern(text: string): RegExp | undefined {
  if (text.length > MAX_LENGTH || !isTame(text)) return undefined;
  try {
    return new RegExp(text);
  } catch {
    return undefined;
  }
}

function isTame(text: string): boolean {
  const reader = new PatternReader(text);
  while (!reader.isAtEnd) if (!reader.readItem()) return false;
  const most = text.startsWith('^') && !reader.hasOuterChoice ? MAX_REPEATS : MAX_REPEATS_UNANCHORED;
  return reader.isClosed && reader.repeats <= most;
}

/** Reads a pattern item by item: an atom, and the quantifier behind it. */
class PatternReader {
  repeats = 0;
  readonly #text: string;
  readonly #groups: Group[] = [{ hasChoice: false, hasQuantifier: false }];
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#text.length;
  }

  get isClosed(): boolean {
    return this.#groups.length === 1;
  }

  get hasOuterChoice(): boolean {
    return this.#groups[0]?.hasChoice === true;
  }

  /** @returns whether it is one that is allowed. */
  readItem(): boolean {
    if (this.#quantifierLength() > 0) return false; // behind no atom
    const character = this.#text[this.#at];
    this.#at += 1;
    switch (character) {
      case '(':
        return this.#open();
      case ')':
        return this.#close();
      case '|':
        this.#mark('hasChoice');
        return true;
      case '^':
      case '$':
        return true;
      case '{':
        return false; // a count that is too great
      case '[':
        return this.#class() && this.#quantifier(undefined);
      case '\\':
        return this.#escape() && this.#quantifier(undefined);
      default:
        return this.#quantifier(undefined);
    }
  }

  #open(): boolean {
    if (this.#text[this.#at] === '?') {
      if (this.#text[this.#at + 1] !== ':') return false;
      this.#at += 2;
    }
    this.#groups.push({ hasChoice: false, hasQuantifier: false });
    return true;
  }

  #close(): boolean {
    const group = this.#groups.pop();
    if (group === undefined || this.#groups.length === 0) return false;
    const isRead = this.#quantifier(group);
    if (group.hasChoice) this.#mark('hasChoice');
    if (group.hasQuantifier) this.#mark('hasQuantifier');
    return isRead;
  }

  #class(): boolean {
    if (this.#text[this.#at] === '^') this.#at += 1;
    while (!this.isAtEnd) {
      const character = this.#text[this.#at];
      this.#at += 1;
      if (character === ']') return true;
      if (character === '\\' && !this.#escape()) return false;
    }
    return false;
  }

  #escape(): boolean {
    const character = this.#text[this.#at] ?? '';
    this.#at += 1;
    return ESCAPE.test(character);
  }

  /** @param group what it is behind, where that is a group. */
  #quantifier(group: Group | undefined): boolean {
    const length = this.#quantifierLength();
    if (length === 0) return true;
    const isOptional = this.#text[this.#at] === '?';
    if (group !== undefined && (group.hasQuantifier || (group.hasChoice && !isOptional))) return false;
    if (!isOptional && !this.#countsLittle(length)) return false;
    this.#at += length;
    if (this.#text[this.#at] === '?') this.#at += 1; // not greedy
    this.#mark('hasQuantifier');
    return true;
  }

  #countsLittle(length: number): boolean {
    this.repeats += 1;
    const [, from = '0', , to = from] = COUNT.exec(this.#text.slice(this.#at, this.#at + length)) ?? [];
    return Number(from) <= MAX_COUNT && Number(to) <= MAX_COUNT;
  }

  #quantifierLength(): number {
    const character = this.#text[this.#at] ?? '';
    if (character === '*' || character === '+' || character === '?') return 1;
    return COUNT.exec(this.#text.slice(this.#at))?.[0].length ?? 0;
  }

  #mark(what: keyof Group): void {
    const group = this.#groups.at(-1);
    if (group !== undefined) group[what] = true;
  }
}
