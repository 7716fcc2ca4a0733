import type { Connection, Pool, Submittable } from 'pg';
import { sqlStateOf } from './engine-error';
import { lendClient } from './lend-client';

/** What the driver's connection has for COPY and its types leave out. */
interface CopyConnection extends Connection {
  sendCopyFromChunk(chunk: Buffer): void;
  endCopyFrom(): void;
}

type Callback = (error: Error | null, rowCount?: number) => void;

/** A COPY of bytes that are ready, in the form in which the driver takes statements that are not its own. */
class Copy implements Submittable {
  private rowCount = 0;

  /** @param callback replaced by the driver, which ends its own timeout there */
  constructor(
    private readonly statement: string,
    private readonly bytes: Buffer,
    public callback: Callback,
  ) {}

  submit(connection: Connection): void {
    connection.query(this.statement);
  }

  handleCopyInResponse(connection: CopyConnection): void {
    connection.sendCopyFromChunk(this.bytes);
    connection.endCopyFrom();
  }

  /** What a statement before COPY answers is not looked at, here and in the next. */
  handleRowDescription(): void {}

  handleDataRow(): void {}

  handleCommandComplete({ text }: { readonly text: string }): void {
    this.rowCount = Number(text.slice(text.lastIndexOf(' ') + 1));
  }

  handleReadyForQuery(): void {
    this.callback(null, this.rowCount);
  }

  handleError(error: Error): void {
    this.callback(error);
  }
}

/**
 * Runs `COPY … FROM STDIN` with these bytes and tells how many rows it wrote: all, or none where it fails. Other statements may come before it
 * in the text, and are of the same transaction. Errors: those of the driver.
 */
export function copyFrom(pool: Pool, statement: string, bytes: Buffer): Promise<number> {
  return lendClient(pool, (client, discard) => {
    return new Promise((resolve, reject) => {
      const done: Callback = (error, rowCount = 0) => {
        if (error === null) {
          resolve(rowCount);
          return;
        }
        // What PostgreSQL has judged leaves the connection as it was; otherwise it may still wait for rows.
        if (sqlStateOf(error) === undefined) discard(error);
        reject(error);
      };
      client.query(new Copy(statement, bytes, done));
    });
  });
}
