import { closeSync, openSync, renameSync, statSync, writeSync } from 'node:fs';

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
