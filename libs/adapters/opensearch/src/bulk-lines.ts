import { LOG_LEVELS } from '../../../core/src/logs/log-level';
import { type ModuleExports, loadModule } from '../../../kernel/src/load-module';
import { MemoryView } from '../../../kernel/src/memory-view';
import type { BulkDocuments } from './bulk-documents';
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
  beginDocuments(mostLineBytes: number): number;
  addDocument(start: number, end: number): number;
  lastLikeness(): number;
  outputAddress(): number;
  outputLength(): number;
  beginCopies(documentsEnd: number, bytes: number): number;
  addCopy(start: number, end: number): void;
}

/** By what addDocument returns; undefined where nothing is wrong. */
const REASONS: readonly (string | undefined)[] = [
  undefined,
  'is not a log record in canonical form',
  'the id is not that of a log record',
  `the level is not one of ${LOG_LEVELS.join(', ')}`,
];
const NO_TEXT = 4;
/** So many at a time stay in the processor's caches. */
const COPY_BYTES = 64 * 1024;
/** The documents of a batch of WORKER_BATCH_BYTES take less, unless that is raised a lot: what more took is not kept. */
const MOST_KEPT_BYTES = 64 * 1024 * 1024;

/** Makes documents of lines in WebAssembly, some lines at a time. One user at a time has it, until it is done. */
export class BulkLines {
  private readonly module: BulkModule;
  private readonly view: MemoryView;
  private names: LogIndexNames | undefined;
  private idPrefix = '';
  private lines = 0;
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

  private static kept: BulkLines | undefined;

  /** @param mostLineBytes of lines that are taken at a time */
  static of(projectId: string, names: LogIndexNames, mostLineBytes: number): BulkLines {
    if ((BulkLines.kept?.view.buffer.length ?? 0) > MOST_KEPT_BYTES) BulkLines.kept = undefined;
    const lines = (BulkLines.kept ??= new BulkLines());
    lines.beginProject(projectId, names);
    lines.lines = lines.module.beginDocuments(mostLineBytes);
    return lines;
  }

  get indices(): readonly string[] {
    return [...this.indexNames];
  }

  /** Takes lines from `start` to before `end`, the last of which may lack its line break. */
  take(bytes: Buffer, start: number, end: number): void {
    bytes.copy(this.view.buffer, this.lines, start, end);
  }

  /** Adds the document of a line, by its place among those that were taken. Returns why it cannot, and then adds nothing. */
  add(start: number, end: number): string | undefined {
    const reason = this.module.addDocument(this.lines + start, this.lines + end);
    return reason === NO_TEXT ? `the message is not JSON text: ${this.textProblem}` : REASONS[reason];
  }

  /** Of the document that was added last, with others: see libs/kernel/assembly/likeness.ts. */
  get likeness(): number {
    return this.module.lastLikeness();
  }

  /** Bytes of all documents. */
  get length(): number {
    return this.module.outputLength();
  }

  /** Copies documents, which are all that were added, to `target`, in the order of these places. No more can be added then. */
  copyTo(target: Uint8Array, documents: BulkDocuments, places: Uint32Array): void {
    const { module, length } = this;
    const begin = module.outputAddress();
    for (let at = 0, written = 0; at < places.length;) {
      let bytes = 0;
      let to = at;
      while (to < places.length && bytes < COPY_BYTES) bytes += documents.lengthOf(places[to++] ?? 0);
      const copies = module.beginCopies(begin + length, bytes);
      for (; at < to; at++) {
        const place = places[at] ?? 0;
        module.addCopy(begin + documents.startOf(place), begin + documents.endOf(place));
      }
      target.set(this.view.buffer.subarray(copies, copies + bytes), written);
      written += bytes;
    }
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
