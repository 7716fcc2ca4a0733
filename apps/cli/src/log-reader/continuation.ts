/** Where in a multi-line dump the last line stood. */
export type Block = 'none' | 'traceback' | 'goroutine';

const STARTS = [
  /^Caused by: /,
  /^Suppressed: /,
  /^\.\.\. \d{1,6} (?:more|common frames omitted)/,
  /^at [\w$.<>/]{1,300}[ (]/,
  /^--- End of /,
  /^[)}\]]+[,;]?\s*$/,
  /^goroutine \d{1,10} \[/,
  /^created by /,
  /^(?:During handling of the above exception|The above exception was the direct cause)/,
];
const GO_CALL = /^[\w./*()\-$]{1,300}\(.{0,300}\)$|^exit status \d+$|^\[signal /;

/** Whether a line plainly goes on with what the line before it began: indented, or a known part of a stack trace. */
export function isContinuation(line: string, block: Block): boolean {
  const first = line.charCodeAt(0);
  if (first === 32 || first === 9) return true;
  const start = line.slice(0, 700);
  if (block === 'traceback') return true;
  if (block === 'goroutine' && GO_CALL.test(start)) return true;
  return STARTS.some((shape) => shape.test(start));
}

/** A Python traceback lasts until its first line that is not indented, which names the exception; a goroutine until a line that is no call. */
export function nextBlock(line: string, block: Block): Block {
  if (line.startsWith('Traceback (most recent call last)')) return 'traceback';
  if (line.startsWith('goroutine ') || line.startsWith('panic: ') || line.startsWith('fatal error: '))
    return 'goroutine';
  const first = line.charCodeAt(0);
  const isIndented = first === 32 || first === 9;
  if (block === 'traceback') return isIndented ? 'traceback' : 'none';
  if (block === 'goroutine') return isIndented || GO_CALL.test(line.slice(0, 700)) ? 'goroutine' : 'none';
  return 'none';
}
