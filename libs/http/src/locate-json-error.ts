export interface JsonErrorLocation {
  /** 0-based index into the text. */
  readonly position: number;
  readonly line: number;
  readonly column: number;
  readonly expected: string;
}

const LITERAL = /true|false|null/y;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
// eslint-disable-next-line no-control-regex -- JSON forbids control characters in strings
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const SPACE = /[ \t\n\r]*/y;

type Expectation = 'value' | 'value or ]' | 'name or }' | 'name' | 'colon' | ', or end';

/**
 * Where a text stops being JSON, and what was expected there: JSON.parse does not always say. Undefined for valid JSON.
 * Keeps its own stack, so depth does not matter.
 */
export function locateJsonError(text: string): JsonErrorLocation | undefined {
  return new JsonScanner(text).locate();
}

class JsonScanner {
  private readonly open: ('{' | '[')[] = [];
  private expected: Expectation = 'value';
  private position = 0;
  private isAtEnd = false;

  constructor(private readonly text: string) {}

  locate(): JsonErrorLocation | undefined {
    while (!this.isAtEnd) {
      this.take(SPACE);
      const missing = this.step();
      if (missing !== undefined) return at(this.text, this.position, missing);
    }
    return undefined;
  }

  /** Takes what is expected. Returns what that would have been, in words, where something else is there. */
  private step(): string | undefined {
    switch (this.expected) {
      case 'value':
      case 'value or ]':
        return this.takeValue();
      case 'name':
      case 'name or }':
        return this.takeName();
      case 'colon':
        return this.next() === ':' ? this.skip('value') : '":"';
      case ', or end':
        return this.open.length === 0 ? this.takeEnd() : this.takeSeparator();
    }
  }

  private takeValue(): string | undefined {
    const next = this.next();
    if (next === ']' && this.expected === 'value or ]') return this.close();
    if (next === '{' || next === '[') {
      this.open.push(next);
      return this.skip(next === '{' ? 'name or }' : 'value or ]');
    }
    if (this.take(STRING) || this.take(NUMBER) || this.take(LITERAL)) return this.expect(', or end');
    return next === '"' ? 'a well-formed string' : 'a value';
  }

  private takeName(): string | undefined {
    if (this.next() === '}' && this.expected === 'name or }') return this.close();
    if (this.take(STRING)) return this.expect('colon');
    return this.expected === 'name' ? 'a name in double quotes' : 'a name or "}"';
  }

  private takeSeparator(): string | undefined {
    const isObject = this.open.at(-1) === '{';
    const next = this.next();
    if (next === (isObject ? '}' : ']')) return this.close();
    if (next === ',') return this.skip(isObject ? 'name' : 'value');
    return isObject ? '"," or "}"' : '"," or "]"';
  }

  private takeEnd(): string | undefined {
    this.isAtEnd = this.next() === undefined;
    return this.isAtEnd ? undefined : 'the end';
  }

  private next(): string | undefined {
    return this.text[this.position];
  }

  private take(pattern: RegExp): boolean {
    pattern.lastIndex = this.position;
    if (!pattern.test(this.text)) return false;
    this.position = pattern.lastIndex;
    return true;
  }

  private close(): undefined {
    this.open.pop();
    return this.skip(', or end');
  }

  /** Goes past one character. */
  private skip(expected: Expectation): undefined {
    this.position += 1;
    return this.expect(expected);
  }

  private expect(expected: Expectation): undefined {
    this.expected = expected;
  }
}

function at(text: string, position: number, expected: string): JsonErrorLocation {
  const before = text.slice(0, position);
  return {
    position,
    line: before.split('\n').length,
    column: position - before.lastIndexOf('\n'),
    expected: position >= text.length ? `${expected}, but the text ends` : expected,
  };
}
