import type { LogFormat, ParsedLine } from '../log-formats/log-format';

export interface Recognised {
  readonly format: LogFormat;
  readonly parsed: ParsedLine;
}

/** A loose format must fit this share of the sampled lines that no strict one fits. */
const LOOSE_SHARE = 0.5;
/** Below this share of lines with a header, the rest cannot all be continuations of them. */
const JOINING_SHARE = 0.1;
const WINDOW_LINES = 256;
const STOP_JOINING_BELOW = 8;
const START_JOINING_FROM = 128;

/**
 * Knows which formats a file is written in: from a sample of its first lines, and then line by line. The format of the line before is tried
 * first, any strict one may take over.
 */
export class LineRecogniser {
  /** Whether a line without a header belongs to the record before it. */
  isJoining = true;
  private usable: readonly LogFormat[];
  private current: LogFormat | undefined;
  private readonly window = new Uint8Array(WINDOW_LINES);
  private windowPosition = 0;
  private windowCount = 0;
  private windowMatches = 0;

  constructor(private readonly formats: readonly LogFormat[]) {
    this.usable = formats.filter((format) => format.isStrict);
  }

  /** `sample`: the first lines, without blank ones and plain continuations. */
  study(sample: readonly string[]): void {
    const matches = new Map<LogFormat, number>();
    const unmatched: string[] = [];
    for (const line of sample) {
      const format = this.usable.find((candidate) => candidate.parse(line) !== undefined);
      if (format === undefined) unmatched.push(line);
      else matches.set(format, (matches.get(format) ?? 0) + 1);
    }
    for (const format of this.formats.filter((candidate) => !candidate.isStrict)) {
      const count = unmatched.filter((line) => format.parse(line) !== undefined).length;
      if (count === 0 || count < LOOSE_SHARE * unmatched.length || count < JOINING_SHARE * sample.length)
        continue;
      matches.set(format, count);
      break;
    }
    this.usable = this.formats.filter((format) => format.isStrict || matches.has(format));
    this.current = [...matches].sort((a, b) => b[1] - a[1])[0]?.[0];
    const matched = [...matches.values()].reduce((sum, count) => sum + count, 0);
    this.isJoining = matched > 0 && matched >= JOINING_SHARE * sample.length;
  }

  recognise(line: string): Recognised | undefined {
    const recognised = this.parseWithCurrent(line) ?? this.parseWithAny(line);
    this.note(recognised !== undefined);
    return recognised;
  }

  /** Only with the format of the line before: for lines that look like continuations. */
  parseWithCurrent(line: string): Recognised | undefined {
    const parsed = this.current?.parse(line);
    return parsed === undefined || this.current === undefined ? undefined : { format: this.current, parsed };
  }

  /** A line in a line: what a container runtime has wrapped. Leaves no trace in what is known of the file. */
  parseWrapped(line: string): ParsedLine | undefined {
    for (const format of this.formats) {
      if (!format.isStrict && format.name !== 'timestamped-loosely') continue;
      const parsed = format.parse(line);
      if (parsed !== undefined && parsed.isWrapped !== true) return parsed;
    }
    return undefined;
  }

  private parseWithAny(line: string): Recognised | undefined {
    for (const format of this.usable) {
      const parsed = format === this.current ? undefined : format.parse(line);
      if (parsed === undefined) continue;
      this.current = format;
      return { format, parsed };
    }
    return undefined;
  }

  private note(isMatch: boolean): void {
    const now = isMatch ? 1 : 0;
    this.windowMatches += now - (this.window[this.windowPosition] ?? 0);
    this.window[this.windowPosition] = now;
    this.windowPosition = (this.windowPosition + 1) % WINDOW_LINES;
    if (this.windowCount < WINDOW_LINES) this.windowCount++;
    else if (this.windowMatches < STOP_JOINING_BELOW) this.isJoining = false;
    else if (this.windowMatches >= START_JOINING_FROM) this.isJoining = true;
  }
}
