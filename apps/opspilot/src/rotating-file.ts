import { closeSync, openSync, renameSync, statSync, writeSync } from 'node:fs';
import { copyFile, stat, truncate } from 'node:fs/promises';

/** A log file that never grows past twice its limit: when full it becomes `<file>.1` and a new one begins. */
export class RotatingFile {
  private descriptor: number;
  private size: number;

  constructor(
    private readonly file: string,
    private readonly maxBytes: number,
  ) {
    this.descriptor = openSync(file, 'a');
    this.size = statSync(file).size;
  }

  write(text: string): void {
    if (this.size > this.maxBytes) this.rotate();
    this.size += writeSync(this.descriptor, text);
  }

  private rotate(): void {
    closeSync(this.descriptor);
    renameSync(this.file, `${this.file}.1`);
    this.descriptor = openSync(this.file, 'a');
    this.size = 0;
  }
}

/**
 * The same for a file that another process has open to append to, which cannot be told of a new one: when full it is copied, and begins
 * anew. What is written in between is lost. Errors: those of the file system.
 */
export async function rotateAppended(file: string, maxBytes: number): Promise<void> {
  if ((await stat(file)).size <= maxBytes) return;
  await copyFile(file, `${file}.1`);
  await truncate(file);
}
