import type { SourceTime } from './source-time';

/** What one line says, in its own words: a level as the source wrote it, a time with what it leaves out still missing. */
export interface ParsedLine {
  readonly time?: SourceTime | undefined;
  readonly level?: string | undefined;
  readonly service?: string | undefined;
  readonly message: string;
  readonly traceId?: string | undefined;
  readonly spanId?: string | undefined;
  readonly correlationId?: string | undefined;
  readonly context: Readonly<Record<string, unknown>>;
  /** The message is a log line itself, as a container runtime wrapped it, and is read once more. */
  readonly isWrapped?: boolean;
}

/** One way to write a log line. Formats are pure: they look at one line and keep nothing. */
export interface LogFormat {
  /** Shown in the summary. */
  readonly name: string;
  /**
   * A strict format is unmistakable in a single line and may take over in the middle of a file. A loose one is only used
   * where it fits most of a file's first lines.
   */
  readonly isStrict: boolean;
  /** Undefined where the line is not of this format. Costs time in proportion to the line's length at most. */
  parse(line: string): ParsedLine | undefined;
}
