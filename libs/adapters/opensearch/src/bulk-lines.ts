import { LOG_LEVELS } from '../../../core/src/logs/log-level';
import { type ModuleExports, loadModule } from '../../../kernel/src/load-module';
import { MemoryView } from '../../../kernel/src/memory-view';
import { firstCountKey, SLOT_SECONDS, SLOTS_PER_LEVEL } from './count-keys';
import { documentIdPrefix } from './document-id';
import type { LogIndexNames } from './index-names';
import { toSearchWords } from './search-words';

/** Of libs/kernel/assembly/modules/bulk-lines.ts. */
interface BulkModule extends ModuleExports {
  actionAddress(): number;
  mostActionBytes(): number;
  projectAddress(): number;
  beginProject(firstKey: number, slotsPerLevel: number, secondsPerSlot: number): void;
  beginLines(bytes: number): number;
  findLines(bytes: number): number;
  likenessesAddress(): number;
  addDocument(line: number): number;
  outputAddress(): number;
  outputLength(): number;
}

/** By what addDocument returns; undefined where nothing is wrong. */
const REASONS: readonly (string | undefined)[] = [
  undefined,
  'is not a log record in canonical form',
  'the id is not that of a log record',
  `the level is not one of ${LOG_LEVELS.join(', ')}`,
];
const NO_TEXT = 4;
/** A worker has two writes under way. */
const MOST_SPARE = 2;
/** The documents of a batch of WORKER_BATCH_BYTES and its lines take less, unless that is raised a lot: what more took is not kept. */
const MOST_KEPT_BYTES = 64 * 1024 * 1024;

/** Makes documents of lines in WebAssembly, in memory that is used again. One user at a time has it, until nobody reads the documents any more. */
export class BulkLines {
  private static readonly spare: BulkLines[] = [];
  private readonly module: BulkModule;
  private readonly view: MemoryView;
  private names: LogIndexNames | undefined;
  private idPrefix = '';
  /** Of the message that was no JSON text. */
  private textProblem = '';
  /** All indices that the project's documents went to. */
  private indexNames = new Set<string>();

  private constructor() {
    this.module = loadModule<BulkModule>('bulk-lines', {
      'bulk-hooks': {
        writeAction: (timestampDay = 0, receivedDay = 0) => this.writeAction(timestampDay, receivedDay),
        wordsOfText: (start = 0, end = 0, target = 0) => this.wordsOfText(start, end, target),
      },
    });
    this.view = new MemoryView(this.module.memory);
  }

  static take(projectId: string, names: LogIndexNames): BulkLines {
    const lines = BulkLines.spare.pop() ?? new BulkLines();
    lines.beginProject(projectId, names);
    return lines;
  }

  /** To be called when nobody reads the documents any more: they will be written over. */
  giveBack(): void {
    const { spare } = BulkLines;
    if (spare.length < MOST_SPARE && this.view.buffer.length <= MOST_KEPT_BYTES) spare.push(this);
  }

  get indices(): readonly string[] {
    return [...this.indexNames];
  }

  /** Takes lines, the last of which may lack its line break. Returns of each how it is like others, see libs/kernel/assembly/likeness.ts. */
  read(bytes: Uint8Array): Float64Array {
    const { module, view } = this;
    const { length } = bytes;
    const start = module.beginLines(length);
    view.buffer.set(bytes, start);
    const count = module.findLines(length);
    return new Float64Array(view.buffer.buffer, module.likenessesAddress(), count).slice();
  }

  /** Adds the document of a line, by its place among those that were read. Returns why it cannot, and then adds nothing. */
  add(line: number): string | undefined {
    const reason = this.module.addDocument(line);
    return reason === NO_TEXT ? `the message is not JSON text: ${this.textProblem}` : REASONS[reason];
  }

  /** Bytes of all documents. */
  get length(): number {
    return this.module.outputLength();
  }

  /** All documents. Valid until more are added. */
  get documents(): Buffer {
    const start = this.module.outputAddress();
    return this.view.buffer.subarray(start, start + this.length);
  }

  private beginProject(projectId: string, names: LogIndexNames): void {
    const { module, view } = this;
    this.names = names;
    this.idPrefix = documentIdPrefix(projectId);
    this.indexNames = new Set();
    view.buffer.write(projectId, module.projectAddress(), 'latin1');
    module.beginProject(firstCountKey(projectId), SLOTS_PER_LEVEL, SLOT_SECONDS);
  }

  private writeAction(timestampDay: number, receivedDay: number): number {
    const { module, view } = this;
    const indexName = this.names?.of({ timestampDay, receivedDay }) ?? '';
    this.indexNames.add(indexName);
    const action = `{"create":{"_index":"${indexName}","_id":"${this.idPrefix}`;
    if (action.length > module.mostActionBytes()) throw new RangeError('the name of an index is too long');
    return view.buffer.write(action, module.actionAddress(), 'latin1');
  }

  /** Of a JSON string's inside; -1 where it is none. */
  private wordsOfText(start: number, end: number, target: number): number {
    const { buffer } = this.view;
    let text: string;
    try {
      text = JSON.parse(`"${buffer.toString('utf8', start, end)}"`) as string;
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      this.textProblem = error.message;
      return -1;
    }
    return buffer.write(toSearchWords(text), target);
  }
}
