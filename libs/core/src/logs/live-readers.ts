import type { ProjectId } from '../common/ids';
import type { ProjectScope } from '../projects/project-scope';
import type { LiveBatch, LiveFilter } from './live-feed.port';
import type { LiveRecord } from './live-record';
import { liveRecordMatcher } from './match-live-record';

/** Some of a project's records, in the order in which one process published them. */
export interface LiveMessage {
  readonly projectId: ProjectId;
  /** Which process published it. */
  readonly publisher: string;
  /** How many records of the project that process had to publish before these, sent or not. */
  readonly position: number;
  readonly count: number;
  readonly records: readonly LiveRecord[];
}

/** Publishers of a project whose positions are remembered. */
const MAX_PUBLISHERS = 1000;

/** Those who read in this process, by project. An adapter hands in what arrives; what is missing in between it finds out here. */
export class LiveReaders {
  private readonly projects = new Map<ProjectId, ReadProject>();

  constructor(private readonly bufferRecords: number) {}

  /**
   * Before an adapter asks its engine for what a reader is to get: until the returned function is called, which comes right before
   * `add`, the project is read, so that nobody gives up for its last reader what the next one has just asked for. It is called too where
   * asking fails, and returns whether the project is read then: if not, what was asked for is to be given up.
   */
  expect(projectId: ProjectId): () => boolean {
    const project = this.of(projectId);
    project.expected++;
    return () => {
      project.expected--;
      if (!project.isRead) this.projects.delete(projectId);
      return project.isRead;
    };
  }

  /** Reads until `signal` aborts or `onBatch` rejects; then `onLast` is called where it was the project's last reader. */
  add(
    { projectId }: ProjectScope,
    filter: LiveFilter,
    onBatch: (batch: LiveBatch) => Promise<void>,
    signal: AbortSignal,
    onLast: (projectId: ProjectId) => void,
  ): void {
    const project = this.of(projectId);
    const leave = () => {
      if (!project.readers.delete(reader)) return;
      reader.end();
      signal.removeEventListener('abort', leave);
      if (project.isRead) return;
      this.projects.delete(projectId);
      onLast(projectId);
    };
    const reader = new LiveReader(liveRecordMatcher(filter), onBatch, this.bufferRecords, leave);
    project.readers.add(reader);
    signal.addEventListener('abort', leave);
    if (signal.aborted) leave();
  }

  projectIds(): readonly ProjectId[] {
    return [...this.projects.keys()];
  }

  receive(message: LiveMessage): void {
    const project = this.projects.get(message.projectId);
    if (project === undefined) return;
    const lost = project.missingBefore(message);
    for (const reader of project.readers) reader.offer(message.records, lost);
  }

  private of(projectId: ProjectId): ReadProject {
    const project = this.projects.get(projectId) ?? new ReadProject();
    this.projects.set(projectId, project);
    return project;
  }
}

class ReadProject {
  readonly readers = new Set<LiveReader>();
  expected = 0;
  private readonly positions = new Map<string, number>();

  get isRead(): boolean {
    return this.readers.size > 0 || this.expected > 0;
  }

  /** A publisher that is new or has begun anew has lost nothing that is known of. */
  missingBefore({ publisher, position, count }: LiveMessage): number {
    const expected = this.positions.get(publisher) ?? position;
    this.positions.delete(publisher);
    this.positions.set(publisher, position + count);
    const [oldest] = this.positions.keys();
    if (this.positions.size > MAX_PUBLISHERS && oldest !== undefined) this.positions.delete(oldest);
    return Math.max(0, position - expected);
  }
}

class LiveReader {
  private waiting: string[] = [];
  private lost = 0;
  private isBusy = false;
  private isEnded = false;

  constructor(
    private readonly matches: (record: LiveRecord) => boolean,
    private readonly onBatch: (batch: LiveBatch) => Promise<void>,
    private readonly bufferRecords: number,
    private readonly onFailure: () => void,
  ) {}

  offer(records: readonly LiveRecord[], lost: number): void {
    this.lost += lost;
    for (const record of records) if (this.matches(record)) this.waiting.push(record.line);
    const surplus = this.waiting.length - this.bufferRecords;
    if (surplus > 0) {
      this.waiting.splice(0, surplus);
      this.lost += surplus;
    }
    if (!this.isBusy) void this.handOver();
  }

  end(): void {
    this.isEnded = true;
    this.waiting = [];
  }

  private async handOver(): Promise<void> {
    this.isBusy = true;
    try {
      while (!this.isEnded && (this.waiting.length > 0 || this.lost > 0)) {
        const batch = { lines: this.waiting, lost: this.lost };
        this.waiting = [];
        this.lost = 0;
        await this.onBatch(batch);
      }
    } catch {
      // Whoever reads is gone, and knows why better than anybody here.
      this.onFailure();
    } finally {
      this.isBusy = false;
    }
  }
}
