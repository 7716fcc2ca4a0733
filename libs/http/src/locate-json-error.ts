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
  const open: ('{' | '[')[] = [];
  let position = 0;
  let expected: Expectation = 'value';
  const take = (pattern: RegExp): boolean => {
    pattern.lastIndex = position;
    if (!pattern.test(text)) return false;
    position = pattern.lastIndex;
    return true;
  };
  const close = (): void => {
    position += 1;
    open.pop();
    expected = ', or end';
  };
  for (;;) {
    take(SPACE);
    const next = text[position];
    const inside = open.at(-1);
    if (expected === ', or end') {
      if (inside === undefined) return next === undefined ? undefined : at(text, position, 'the end');
      if (next === (inside === '{' ? '}' : ']')) close();
      else if (next === ',') {
        position += 1;
        expected = inside === '{' ? 'name' : 'value';
      } else return at(text, position, inside === '{' ? '"," or "}"' : '"," or "]"');
    } else if (expected === 'colon') {
      if (next !== ':') return at(text, position, '":"');
      position += 1;
      expected = 'value';
    } else if (expected === 'name' || expected === 'name or }') {
      if (next === '}' && expected === 'name or }') close();
      else if (take(STRING)) expected = 'colon';
      else return at(text, position, expected === 'name' ? 'a name in double quotes' : 'a name or "}"');
    } else if (next === ']' && expected === 'value or ]') close();
    else if (next === '{' || next === '[') {
      open.push(next);
      position += 1;
      expected = next === '{' ? 'name or }' : 'value or ]';
    } else if (take(STRING) || take(NUMBER) || take(LITERAL)) expected = ', or end';
    else return at(text, position, next === '"' ? 'a well-formed string' : 'a value');
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
