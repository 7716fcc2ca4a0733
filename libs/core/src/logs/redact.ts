/** A text without its secrets, and how many there were. */
export interface Redaction {
  readonly text: string;
  readonly count: number;
}

const NAMES = 'passw(?:or)?d|passphrase|secret|token|api[_-]?key|access[_-]?key(?:[_-]?id)?|private[_-]?key';
const QUOTE = '\\\\{0,3}["\']';

/**
 * Clean text pays for this one look only: whatever a pattern below matches contains one of these. What is added here needs a
 * trigram in secret-trigrams.ts as well.
 */
const HINT = new RegExp(
  [
    `(?:${NAMES}|pwd|authorization)(?:${QUOTE}){0,2}[ \\t]{0,4}[=:]`,
    'bearer[ \\t]|private key-|eyj|a[ks]ia',
    '://[^\\s/:@"\']{0,512}:[^\\s/@"\']{1,512}@',
    'xox[a-z]-|gh[a-z]_|github_pat|[rs]k_live|sk-',
  ].join('|'),
  'i',
);

const MARKED = '\\[redacted:';
const ANSWERS = ['yes', 'no', 'true', 'false', 'null', 'none', 'nil', 'undefined'];
const ANSWER = `(?:${ANSWERS.join('|')})(?![\\w-])`;
const BARE_VALUE = `(?!["'\\\\]|${MARKED}|${ANSWER})[^\\s"'\\\\,;&<>(){}\\]]+`;

/**
 * The first group of each stays, the rest is replaced. Every repetition is bounded, or ends the pattern and so never
 * gives anything back: time is linear in the text. Where a pattern needs a left border it looks back; none needs a
 * right one, so that cutting a text makes no new secret of it.
 */
const PATTERNS: readonly (readonly [kind: string, pattern: RegExp])[] = [
  ['jwt', /(?<![\w-])()eyJ[\w-]{8,4096}\.[\w-]{4,8192}\.[\w-]{4,}/g],
  ['aws_key', /(?<![A-Za-z0-9])()(?:AKIA|ASIA)[A-Z0-9]{16}/g],
  ['token', /(?<![\w-])()(?:gh[opsur]_|github_pat_|xox[abeprs]-|[rs]k_live_|sk-)[\w-]{20,}/g],
  ['password', /(:\/\/[^\s/:@"']{0,256}:)(?!\[redacted:)[^\s/@"']{1,256}(?=@)/g],
  [
    'authorization',
    new RegExp(
      `(authorization(?:${QUOTE})?[ \\t]{0,4}[:=][ \\t]{0,4}(?:${QUOTE})?(?:basic|digest|token|apikey)[ \\t]{1,4})(?!${MARKED})[^\\s"'\\\\,;]+`,
      'gi',
    ),
  ],
  ['bearer', /(\bbearer[ \t]{1,4})(?=[a-z._~+/=-]{0,64}\d)[\w.~+/=-]{8,}/gi],
  [
    'secret',
    new RegExp(
      `((?:${NAMES})(?:${QUOTE})?[ \\t]{0,4}[=:][ \\t]{0,4}(${QUOTE}))(?!\\2|${MARKED})(?:(?!\\2)(?:\\\\.|[^\\r\\n]))+`,
      'gi',
    ),
  ],
  ['secret', new RegExp(`((?:${NAMES})[ \\t]{0,4}=[ \\t]{0,4})${BARE_VALUE}`, 'gi')],
  [
    'secret',
    new RegExp(
      `((?:passw(?:or)?d|passphrase|api[_-]?key|(?:${NAMES})${QUOTE})(?:${QUOTE})?[ \\t]{0,4}:[ \\t]{0,4})${BARE_VALUE}`,
      'gi',
    ),
  ],
  // PWD=/home/… is the working directory in what sudo logs.
  ['secret', new RegExp(`((?<![a-z])pwd[ \\t]{0,2}=[ \\t]{0,2})(?![/~])${BARE_VALUE}`, 'gi')],
];
const MAX_PASSES = 4;
const SECRET_KEY =
  /(?:passw(?:or)?d|passphrase|(?:^|[._-])p(?:ass|wd)|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|authorization|cookie|credentials?)$/i;
const WHOLE_MARK = /^\[redacted:\w{1,20}\]$/;
const LONGEST_MARK = '[redacted:authorization]'.length;
const OPEN_ANSWER = new RegExp(`(?<=[=:][ \\t]{0,4})(?:${ANSWERS.flatMap(beginnings).join('|')})$`, 'i');

/** Whether redactText has anything to look for. False for nearly all texts, and then it changes nothing. */
export function mayHoldSecret(text: string): boolean {
  return HINT.test(text);
}

/**
 * Replaces secrets by `[redacted:kind]`: private keys, JSON web tokens, keys of well-known issuers, passwords in URLs,
 * authorization headers, and values whose name says that they are secret. Redacting again changes nothing.
 */
export function redactText(text: string): Redaction {
  if (!mayHoldSecret(text)) return { text, count: 0 };
  let current = redactPrivateKeys(text);
  for (let pass = 0; pass < MAX_PASSES; pass++) {
    const next = redactPatterns(current.text);
    if (next.count === 0) break;
    current = { text: next.text, count: current.count + next.count };
  }
  return current;
}

function redactPatterns(text: string): Redaction {
  let count = 0;
  let current = text;
  for (const [kind, pattern] of PATTERNS) {
    current = current.replace(pattern, (_, kept: string) => {
      count++;
      return `${kept}[redacted:${kind}]`;
    });
  }
  return { text: current, count };
}

/** By searching, not by a pattern: one with an open end would look through the whole text once per beginning. */
function redactPrivateKeys(text: string): Redaction {
  const begin = /-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----/g;
  const end = /-----END [A-Z ]{0,40}PRIVATE KEY-----/g;
  let result = '';
  let from = 0;
  let count = 0;
  for (let match = begin.exec(text); match !== null; match = begin.exec(text)) {
    result += `${text.slice(from, match.index)}[redacted:private_key]`;
    count++;
    end.lastIndex = begin.lastIndex;
    from = end.exec(text) === null ? text.length : end.lastIndex;
    begin.lastIndex = from;
  }
  return { text: count === 0 ? text : result + text.slice(from), count };
}

/** Whether a field with this name holds a secret: `db.password`, `X-Api-Key`, `accessToken` … */
export function isSecretKey(key: string): boolean {
  return SECRET_KEY.test(key);
}

/** The value to keep for a field whose name says that it is secret; already replaced ones stay. */
export function redactValue(value: string): Redaction {
  return value === '' || WHOLE_MARK.test(value)
    ? { text: value, count: 0 }
    : { text: '[redacted:secret]', count: 1 };
}

/**
 * A text that was cut, without what the cut left open at its end: half a mark, or half of the `yes` in `password: yes`,
 * would count as a secret again.
 */
export function withoutOpenEnd(text: string): string {
  return withoutOpenMark(text).replace(OPEN_ANSWER, '');
}

function withoutOpenMark(text: string): string {
  const at = text.lastIndexOf('[', text.length - 1);
  if (at === -1 || text.length - at >= LONGEST_MARK || text.includes(']', at)) return text;
  const tail = text.slice(at);
  return '[redacted:'.startsWith(tail) || /^\[redacted:\w*$/.test(tail) ? text.slice(0, at) : text;
}

/** `nil` gives `n` and `ni`. */
function beginnings(word: string): string[] {
  return Array.from({ length: word.length - 1 }, (_, index) => word.slice(0, index + 1));
}
