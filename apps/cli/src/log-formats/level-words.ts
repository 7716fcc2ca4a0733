/** Words that stand for a level in a line's header. What each means for OpsPilot is decided at ingest (core/logs/parse-level.ts). */
const WORDS =
  'trace trc finest finer verbose vrb debug dbg debu fine config info inf information informational notice warn warning wrn ' +
  'error err erro severe failure fatal ftl critical crit emerg emergency alert panic dpanic audit success';
const LEVEL_WORDS: ReadonlySet<string> = new Set(WORDS.split(' '));
/** Only in capitals and only where a header calls for a level: PostgreSQL and others write LOG, BGL and loguru write these. */
const CAPITAL_WORDS: ReadonlySet<string> = new Set([
  'LOG',
  'STATEMENT',
  'DETAIL',
  'HINT',
  'DEFAULT',
  'DEBUG1',
  'DEBUG2',
  'DEBUG3',
  'DEBUG4',
  'DEBUG5',
]);
/** Lower-case words that begin ordinary sentences too: they give the level and stay in the message. */
const SENTENCE_WORDS: ReadonlySet<string> = new Set(
  'error err failure fatal critical alert panic warning notice config fine success severe emergency'.split(
    ' ',
  ),
);

export function isLevelWord(word: string): boolean {
  return (
    word.length >= 3 && word.length <= 13 && (LEVEL_WORDS.has(word.toLowerCase()) || CAPITAL_WORDS.has(word))
  );
}

export function isInCapitals(word: string): boolean {
  return word === word.toUpperCase();
}

export function mayBeginSentence(word: string): boolean {
  return SENTENCE_WORDS.has(word.toLowerCase());
}

const LEADING = /^[\s[<(*]{0,4}(?:npm |PHP )?([A-Za-z]{3,13})(?: error)?(?:[\])>]{1,2}(?=[\s:]|$)|:|!)/;
const LEADING_CAPITALS =
  /^[\s[<(*#]{0,4}(FATAL|CRITICAL|SEVERE|ERROR|ERR|WARNING|WARN|INFO|DEBUG|TRACE)(?=[\s\-|/]|$)/;
const STANDALONE =
  /(?:^|[\s[(|,;=])(FATAL|CRITICAL|EMERGENCY|PANIC|SEVERE|ERROR|ERR|WARNING|WARN|NOTICE|INFO|DEBUG|TRACE)(?=[\s\]):|,;!]|$)/;
const CRASH =
  /^(?:Exception in thread "|Traceback \(most recent call last\)|Unhandled exception|Uncaught |\[?Segmentation fault)/;
/** A level further in is part of the story, not of the header. */
const MAX_GUESS_CHARS = 160;

/** A level that a line without a header shows plainly: a leading `error:`, `[WARN]`, or a word in capitals near its start. */
export function guessLevel(message: string): string | undefined {
  const start = message.slice(0, MAX_GUESS_CHARS);
  return leadingLevel(start) ?? STANDALONE.exec(start)?.[1] ?? crashLevel(start);
}

/** A level in the first word only. */
export function leadingLevel(text: string): string | undefined {
  const start = text.slice(0, 40);
  const word = LEADING.exec(start)?.[1] ?? LEADING_CAPITALS.exec(start)?.[1];
  return word !== undefined && isLevelWord(word) ? word : undefined;
}

function crashLevel(start: string): string | undefined {
  if (start.startsWith('panic: ')) return 'panic';
  return CRASH.test(start) ? 'error' : undefined;
}
