import pc from 'picocolors';

/** Tells a person what is going on: one line a step, with its time; details of a long step on the same line of a terminal. */
export class Progress {
  private startedAt = 0;
  private label = '';

  constructor(private readonly out: NodeJS.WriteStream) {}

  async step<Result>(label: string, work: () => Promise<Result>): Promise<Result> {
    this.label = label;
    this.startedAt = Date.now();
    if (this.out.isTTY) this.out.write(`${pc.cyan('…')} ${label}`);
    try {
      const result = await work();
      this.end(pc.green('✓'));
      return result;
    } catch (error) {
      this.end(pc.red('✗'));
      throw error;
    }
  }

  /** What a long step is doing just now. */
  detail(text: string): void {
    if (this.out.isTTY)
      this.out.write(
        `\r\x1b[K${pc.cyan('…')} ${this.label}: ${pc.dim(text)}`.slice(0, this.out.columns + 20),
      );
    else if (!text.startsWith('go: downloading')) this.out.write(`… ${this.label}: ${text}\n`);
  }

  private end(mark: string): void {
    const seconds = ((Date.now() - this.startedAt) / 1000).toFixed(1);
    this.out.write(`${this.out.isTTY ? '\r\x1b[K' : ''}${mark} ${this.label} ${pc.dim(`${seconds} s`)}\n`);
  }
}
