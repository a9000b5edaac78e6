/** Where a text stops being JSON. */
export interface JsonError {
  /** 0-based, in UTF-16 code units. */
  readonly offset: number;
  /** 1-based. */
  readonly line: number;
  /** 1-based, in UTF-16 code units. */
  readonly column: number;
  readonly expected: string;
}

const WHITESPACE = /[ \t\n\r]*/y;
const STRING = /"(?:[^"\\\p{Cc}]|[\x7f-\x9f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/uy;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const WORD = /true|false|null/y;

/**
 * Finds the first place where `text` is not JSON; undefined when it is.
 *
 * The engine's own message is not used: its wording and whether it has a position differ between versions.
 * Cost: linear, without recursion, so nesting depth does no harm.
 */
export function describeJsonError(text: string): JsonError | undefined {
  const scanner = new Scanner(text);
  const expected = scanner.scan();
  if (expected === undefined) return undefined;
  const before = text.slice(0, scanner.offset);
  const lineStart = before.lastIndexOf('\n') + 1;
  return {
    offset: scanner.offset,
    line: before.split('\n').length,
    column: scanner.offset - lineStart + 1,
    expected,
  };
}

type State = 'value' | 'first-value' | 'first-key' | 'key' | 'after';

class Scanner {
  offset = 0;
  private readonly text: string;
  /** Closing bracket of each open object or array. */
  private readonly open: ('}' | ']')[] = [];
  private state: State = 'value';

  constructor(text: string) {
    this.text = text;
  }

  /** What was expected where it stopped; undefined when the whole text is one JSON value. */
  scan(): string | undefined {
    for (;;) {
      this.take(WHITESPACE);
      if (this.state === 'after' && this.open.length === 0) {
        return this.offset === this.text.length ? undefined : 'the end of the text';
      }
      const expected = this.step();
      if (expected !== undefined) return expected;
    }
  }

  private step(): string | undefined {
    switch (this.state) {
      case 'first-key':
      case 'key':
        return this.key();
      case 'value':
      case 'first-value':
        return this.value();
      default:
        return this.afterValue();
    }
  }

  private key(): string | undefined {
    if (this.state === 'first-key' && this.takeCharacter('}')) return this.closeOne();
    if (!this.take(STRING)) return this.state === 'key' ? 'a key in double quotes' : 'a key in double quotes or }';
    this.take(WHITESPACE);
    if (!this.takeCharacter(':')) return ':';
    this.state = 'value';
    return undefined;
  }

  private value(): string | undefined {
    if (this.state === 'first-value' && this.takeCharacter(']')) return this.closeOne();
    if (this.takeCharacter('{')) {
      this.open.push('}');
      this.state = 'first-key';
      return undefined;
    }
    if (this.takeCharacter('[')) {
      this.open.push(']');
      this.state = 'first-value';
      return undefined;
    }
    if (!this.take(STRING) && !this.take(NUMBER) && !this.take(WORD)) return 'a JSON value';
    this.state = 'after';
    return undefined;
  }

  private afterValue(): string | undefined {
    const closing = this.open.at(-1)!;
    if (this.takeCharacter(',')) {
      this.state = closing === '}' ? 'key' : 'value';
      return undefined;
    }
    return this.takeCharacter(closing) ? this.closeOne() : `, or ${closing}`;
  }

  private closeOne(): undefined {
    this.open.pop();
    this.state = 'after';
  }

  private take(pattern: RegExp): boolean {
    pattern.lastIndex = this.offset;
    if (!pattern.test(this.text)) return false;
    this.offset = pattern.lastIndex;
    return true;
  }

  private takeCharacter(character: string): boolean {
    if (this.text[this.offset] !== character) return false;
    this.offset += 1;
    return true;
  }
}
