import { once } from 'node:events';
import type { Writable } from 'node:stream';
import type { SourceRecord } from '../log-reader/source-record';
import { toIngestJson } from './log-batch';

/** Writes what would be sent, one JSON object a line. */
export class DryRunSink {
  failure: string | undefined;

  constructor(private readonly output: Writable) {
    // The reader of a pipe may go away early (head): no reason to complain, only to stop.
    output.on('error', () => {
      this.failure = 'nobody reads the output any more';
    });
  }

  add(record: SourceRecord): void {
    // JSON escapes the C0 controls, but not DEL and C1, some of which steer terminals too.
    const json = toIngestJson(record).replace(
      /[\u007F-\u009F]/g,
      (character) => `\\u00${character.charCodeAt(0).toString(16)}`,
    );
    if (this.failure === undefined) this.output.write(`${json}\n`);
  }

  flush(): void {
    // Nothing is held back.
  }

  async ready(): Promise<void> {
    if (!this.output.writableNeedDrain || this.failure !== undefined) return;
    // An error ends the wait too, and has been noted.
    await once(this.output, 'drain').catch(() => undefined);
  }
}
