import type { ProjectId } from '../../../core/src/common/ids';
import { sameBytes } from '../../../core/src/ingest/same-bytes';

const NEWLINE = '\n';

export interface KnownOne {
  readonly projectId: ProjectId;
  readonly id: number;
  /** With the line break that ends it. */
  readonly text: DataView;
  /** Place of the series that came after it last. */
  next: number;
}

/**
 * The ids of series by the text that canonical lines of them end with, one character a byte. Those added first make way for new ones. As senders
 * tend to send the same series in the same order, each knows what came after it: to see that it is the same again costs a third of looking it up.
 */
export class KnownSeries {
  private readonly places = new Map<string, number>();
  private readonly keys: string[] = [];
  private readonly known: KnownOne[] = [];
  private nextPlace = 0;

  constructor(private readonly maxSeries: number) {}

  add(projectId: ProjectId, text: string, id: number): void {
    const key = projectId + text;
    const place = this.places.get(key) ?? this.nextPlace++ % this.maxSeries;
    const before = this.keys[place];
    if (before !== undefined) this.places.delete(before);
    const bytes = Buffer.from(text + NEWLINE, 'latin1');
    this.keys[place] = key;
    this.known[place] = {
      projectId,
      id,
      text: new DataView(bytes.buffer, bytes.byteOffset, bytes.length),
      next: place,
    };
    this.places.set(key, place);
  }

  /** The series that came after that one last, where the bytes at `start` are its text. */
  guess(
    projectId: ProjectId,
    last: KnownOne | undefined,
    bytes: DataView,
    start: number,
  ): KnownOne | undefined {
    const next = last === undefined ? undefined : this.known[last.next];
    if (next?.projectId !== projectId) return undefined;
    return sameBytes(bytes, start, next.text, 0, next.text.byteLength) ? next : undefined;
  }

  /** Remembers that it came after `last`. */
  find(projectId: ProjectId, text: string, last: KnownOne | undefined): KnownOne | undefined {
    const place = this.places.get(projectId + text);
    if (place === undefined) return undefined;
    if (last !== undefined) last.next = place;
    return this.known[place];
  }
}
