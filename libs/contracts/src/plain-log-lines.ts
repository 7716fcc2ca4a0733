import { toIso } from '../../core/src/common/time-range';
import type { NormaliseContext } from '../../core/src/ingest/normalised';
import { resolveTimestamp } from '../../core/src/ingest/resolve-timestamp';
import { MAX_CONTEXT_KEY_LENGTH, MAX_CONTEXT_VALUE_LENGTH } from '../../core/src/logs/flatten-context';
import { LOG_LEVELS } from '../../core/src/logs/log-level';
import { encodeLogIdAt } from '../../core/src/logs/log-id';
import { parseLevel } from '../../core/src/logs/parse-level';
import { isSecretKey, redactText } from '../../core/src/logs/redact';
import { KEY_FOLLOWERS, TEXT_FOLLOWERS, foldOf } from '../../core/src/logs/secret-trigrams';
import { type ModuleExports, loadModule } from '../../kernel/src/load-module';
import { MemoryView } from '../../kernel/src/memory-view';
import type { LineTaker, PlainLines, Taken } from './plain-lines';

/** Of assembly/plain-log-lines.ts. */
interface PlainLogModule extends ModuleExports {
  foldTable(): number;
  textFollowers(): number;
  keyFollowers(): number;
  windowAddress(): number;
  windowBytes(): number;
  marginBytes(): number;
  linesAddress(): number;
  linesLength(): number;
  constantsAddress(): number;
  constantBytes(): number;
  resolvedAddress(): number;
  beginRequest(
    headBytes: number,
    afterTimestampBytes: number,
    afterFingerprintBytes: number,
    maxMessageBytes: number,
    maxContextFields: number,
    maxContextKeyBytes: number,
    maxContextValueBytes: number,
    maxEpochMs: number,
  ): void;
  beginWindow(bytes: number, isLast: number): void;
  setInstant(timestampBytes: number, epochMs: number, nanos: number): void;
  take(start: number, isList: number, firstIndex: number, mostRecords: number, mostBytes: number): number;
  reason(): number;
  reached(): number;
}

/** By `reason`. */
const ENDINGS = ['not plain', 'more', 'behind'] as const;
const ASCII = 128;

/**
 * The short way from the bytes of a request to the lines of log-batch.message.ts, for records that need no change: of ASCII, with nothing to redact, cut or note.
 * Its lines are, byte for byte, what encodeLogBatch writes of what toLogRecord makes of the same record (a property of plain-log-lines.spec.ts). They
 * are put together of pieces of what came in and of what all lines of the batch have in common, in WebAssembly (libs/kernel), where the part of the
 * request that is being read is copied to.
 */
export class PlainLogLines implements PlainLines {
  private readonly head: string;
  private readonly afterTimestamp: string;
  private readonly afterFingerprint: string;
  private readonly serial = ++requests;
  /** Of the request, what the window shows. */
  private from = 0;
  private to = 0;

  /** @param bytes of the whole request */
  constructor(
    private readonly bytes: Buffer,
    private readonly context: Omit<NormaliseContext, 'index'>,
  ) {
    const { projectId, receivedAtMs, batchHash, source } = context;
    const id = encodeLogIdAt(0, 0, receivedAtMs, 0, batchHash);
    this.head = `{"id":"${id}","project_id":${JSON.stringify(projectId)},"timestamp":"`;
    this.afterTimestamp = `","received_at":"${toIso(receivedAtMs)}","level":"`;
    this.afterFingerprint = `","source":${JSON.stringify(source)}`;
  }

  take(start: number, isList: boolean, firstIndex: number, mostRecords: number, lines: LineTaker): Taken {
    const { module, view } = (kernel ??= new Kernel());
    this.showAt(start, kernel);
    kernel.context = this.context;
    const records = module.take(
      start - this.from,
      Number(isList),
      firstIndex,
      mostRecords,
      lines.roomForLines,
    );
    if (records > 0) {
      const at = module.linesAddress();
      lines.writeLines(view.buffer, at, at + module.linesLength(), records);
    }
    return { records, end: this.from + module.reached(), ending: ENDINGS[module.reason()] ?? 'not plain' };
  }

  /** Moves the window where it does not show enough of what begins at `start`. */
  private showAt(start: number, kernel: Kernel): void {
    const { bytes } = this;
    const { module, view } = kernel;
    const isOwn = kernel.shown === this.serial;
    if (!isOwn) this.beginRequest(kernel);
    const isLast = this.to === bytes.length;
    if (isOwn && start >= this.from && (isLast || start < this.to - module.marginBytes())) return;
    this.from = start;
    this.to = Math.min(bytes.length, start + module.windowBytes());
    bytes.copy(view.buffer, module.windowAddress(), this.from, this.to);
    module.beginWindow(this.to - this.from, Number(this.to === bytes.length));
  }

  private beginRequest(kernel: Kernel): void {
    const { head, afterTimestamp, afterFingerprint } = this;
    const { receivedAtMs, limits } = this.context;
    // Nobody's, should anything here fail.
    kernel.shown = 0;
    kernel.writeConstants(head + afterTimestamp + afterFingerprint);
    kernel.module.beginRequest(
      Buffer.byteLength(head),
      Buffer.byteLength(afterTimestamp),
      Buffer.byteLength(afterFingerprint),
      limits.maxMessageBytes,
      limits.maxContextFields,
      MAX_CONTEXT_KEY_LENGTH,
      MAX_CONTEXT_VALUE_LENGTH,
      receivedAtMs + limits.maxFutureMs,
    );
    kernel.shown = this.serial;
  }
}

/** The module, which all requests use in turns, and what it asks of core: rare things. */
class Kernel {
  readonly module: PlainLogModule;
  readonly view: MemoryView;
  /** Serial number of the request whose bytes and constants are in its memory. */
  shown = 0;
  /** Whose record is being read. */
  context: Omit<NormaliseContext, 'index'> | undefined;

  constructor() {
    this.module = loadModule<PlainLogModule>('plain-log-lines', {
      'plain-log-hooks': {
        secretInText: (start = 0, end = 0) => Number(this.isSecretText(start, end)),
        secretKey: (start = 0, end = 0) => Number(isSecretKey(this.textAt(start, end))),
        rankOfLevel: (start = 0, end = 0) => this.rankOfLevel(start, end),
        resolveInstant: (start = 0, end = 0) => Number(this.resolveInstant(start, end)),
      },
    });
    const { module } = this;
    this.view = new MemoryView(module.memory);
    const { buffer, int32 } = this.view;
    for (let code = 0; code < ASCII; code++) buffer[module.foldTable() + code] = foldOf(code);
    int32.set(TEXT_FOLLOWERS, module.textFollowers() / Int32Array.BYTES_PER_ELEMENT);
    int32.set(KEY_FOLLOWERS, module.keyFollowers() / Int32Array.BYTES_PER_ELEMENT);
  }

  writeConstants(text: string): void {
    const { module, view } = this;
    if (Buffer.byteLength(text) > module.constantBytes())
      throw new RangeError('the name of the source is too long');
    view.buffer.write(text, module.constantsAddress());
  }

  private textAt(start: number, end: number): string {
    return this.view.buffer.toString('latin1', start, end);
  }

  private isSecretText(start: number, end: number): boolean {
    const inside = this.textAt(start, end);
    const text = inside.includes('\\') ? (JSON.parse(`"${inside}"`) as string) : inside;
    return redactText(text).count > 0;
  }

  private rankOfLevel(start: number, end: number): number {
    const level = parseLevel(this.textAt(start, end));
    return level === undefined ? -1 : LOG_LEVELS.indexOf(level);
  }

  /** False where something is to be noted about the timestamp. */
  private resolveInstant(start: number, end: number): boolean {
    const { module, view, context } = this;
    if (context === undefined) return false;
    const given = start === 0 ? undefined : (JSON.parse(this.textAt(start, end)) as unknown);
    const notes: string[] = [];
    const { timestamp, epochMs, nanos } = resolveTimestamp(given, context, notes);
    view.buffer.write(timestamp, module.resolvedAddress(), 'latin1');
    module.setInstant(timestamp.length, epochMs, nanos);
    return notes.length === 0;
  }
}

let kernel: Kernel | undefined;
let requests = 0;
