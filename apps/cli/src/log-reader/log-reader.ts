import { ALL_FORMATS, PLAIN } from '../log-formats/all-formats';
import { guessLevel, leadingLevel } from '../log-formats/level-words';
import type { LogFormat, ParsedLine } from '../log-formats/log-format';
import { type Block, isContinuation, nextBlock } from './continuation';
import type { LineClock } from './line-clock';
import { LineRecogniser } from './line-recogniser';
import { RecordBuilder } from './record-builder';
import { noCounts, type ReadCounts, type SourceRecord } from './source-record';

export interface LogReaderOptions {
  readonly clock: LineClock;
  /** For records whose line names none. */
  readonly service: string;
  /** Takes the place of any that lines name. */
  readonly isServiceFixed: boolean;
  /** A record's message is never longer; what would be goes into a further record. UTF-8 bytes. */
  readonly maxMessageBytes: number;
  readonly onRecord: (record: SourceRecord) => void;
  readonly formats?: readonly LogFormat[];
}

/** A line as the splitter gives it; a line over the splitter's bound comes in several pieces. */
export interface RawLine {
  readonly text: string;
  readonly isFirstPiece: boolean;
}

const SAMPLE_LINES = 500;
const SAMPLE_CHARS = 512 * 1024;
// eslint-disable-next-line no-control-regex -- colours are what is meant
const COLOURS = /\u001B\[[0-9;]{0,40}m/g;

/**
 * Makes records of lines: recognises their format, joins what continues a record to it, and accounts for every line. Holds
 * back the first lines as a sample, and the last record until it is sure that nothing more belongs to it.
 */
export class LogReader {
  readonly counts: ReadCounts = noCounts();
  private readonly recogniser: LineRecogniser;
  private sample: RawLine[] | undefined = [];
  private sampleChars = 0;
  private readonly builder: RecordBuilder;
  private block: Block = 'none';
  /** Whether the record under way began with a header, and so may go on in lines of any kind. */
  private isHeaded = false;

  constructor(private readonly options: LogReaderOptions) {
    this.recogniser = new LineRecogniser(options.formats ?? ALL_FORMATS);
    this.builder = new RecordBuilder(options.maxMessageBytes, this.counts, options.onRecord);
  }

  push(line: RawLine): void {
    if (this.sample === undefined) return this.take(line);
    this.sample.push(line);
    this.sampleChars += line.text.length;
    if (this.sample.length >= SAMPLE_LINES || this.sampleChars >= SAMPLE_CHARS) this.endSample();
  }

  /** Gives out what is held back: at the end, or when a live source has been silent for a while. */
  flush(): void {
    if (this.sample !== undefined && this.sample.length > 0) this.endSample();
    this.builder.emit();
  }

  private endSample(): void {
    const held = this.sample ?? [];
    this.sample = undefined;
    const lines = held
      .map((line) => withoutColours(line.text))
      .filter((text) => text.trim() !== '' && !isContinuation(text, 'none'));
    this.recogniser.study(lines);
    for (const text of lines) {
      const time = this.recogniser.parseWithCurrent(text)?.parsed.time;
      if (time !== undefined) this.options.clock.learn(time);
    }
    for (const line of held) this.take(line);
  }

  private take(line: RawLine): void {
    if (!line.isFirstPiece) return this.takePiece(line.text);
    this.counts.lines++;
    const text = withoutColours(line.text);
    if (text.includes('\uFFFD')) this.counts.undecodable++;
    if (text.trim() === '') {
      this.counts.blank++;
      return;
    }
    const looksContinued = isContinuation(text, this.block);
    const recognised = looksContinued
      ? this.recogniser.parseWithCurrent(text)
      : this.recogniser.recognise(text);
    if (recognised === undefined) this.takeHeadless(text, looksContinued);
    else this.takeParsed(recognised.parsed, recognised.format.name, text);
  }

  private takePiece(text: string): void {
    if (text === '') return;
    this.builder.addPiece(this.headOf({ message: text, context: {} }), text);
  }

  private takeHeadless(text: string, looksContinued: boolean): void {
    const belongs = looksContinued || (this.isHeaded && this.recogniser.isJoining);
    const continues = this.builder.isOpen && belongs;
    this.block = nextBlock(text, this.block);
    if (continues) this.builder.join(text, leadingLevel(text));
    else this.start({ message: text, level: guessLevel(text), context: {} }, PLAIN);
  }

  private takeParsed(parsed: ParsedLine, formatName: string, text: string): void {
    const isWrapped = parsed.isWrapped === true;
    if (isWrapped && parsed.message.trim() === '') {
      this.counts.blank++;
      return;
    }
    const line = isWrapped ? this.unwrap(parsed) : parsed;
    this.block = nextBlock(parsed.message, isWrapped ? this.block : 'none');
    if (line === undefined) this.builder.join(parsed.message, undefined);
    // A record must say something: where nothing follows the header, the header is what it says.
    else this.start(line.message.trim() === '' ? { ...line, message: text } : line, formatName);
  }

  /** Reads the line inside; undefined where it continues the record before. The runtime's time stands unless the line has a zone of its own. */
  private unwrap(outer: ParsedLine): ParsedLine | undefined {
    const inner = this.recogniser.parseWrapped(outer.message);
    if (inner === undefined) {
      const isSameSource = this.builder.isOpen && this.builder.service === this.serviceOf(outer);
      if (isSameSource && isContinuation(outer.message, this.block)) return undefined;
      return { ...outer, level: guessLevel(outer.message) };
    }
    const isInnerTimeWhole = inner.time?.kind === 'instant' || inner.time?.offsetMinutes !== undefined;
    return {
      ...inner,
      time: outer.time === undefined || isInnerTimeWhole ? inner.time : outer.time,
      service: outer.service ?? inner.service,
      context: { ...outer.context, ...inner.context },
    };
  }

  private serviceOf(parsed: ParsedLine): string {
    const { service, isServiceFixed } = this.options;
    return isServiceFixed || parsed.service === undefined ? service : parsed.service;
  }

  private start(parsed: ParsedLine, formatName: string): void {
    this.isHeaded = formatName !== PLAIN;
    this.counts.byFormat.set(formatName, (this.counts.byFormat.get(formatName) ?? 0) + 1);
    this.builder.start(this.headOf(parsed), parsed.message);
  }

  private headOf(parsed: ParsedLine): Omit<SourceRecord, 'message'> {
    const { time, level, traceId, spanId, correlationId, context } = parsed;
    const timestamp = time === undefined ? undefined : this.options.clock.resolve(time);
    const service = this.serviceOf(parsed);
    return {
      timestamp,
      level,
      service,
      traceId,
      spanId,
      correlationId,
      context,
      lineNumber: this.counts.lines,
    };
  }
}

function withoutColours(text: string): string {
  return text.includes('\u001B[') ? text.replace(COLOURS, '') : text;
}
