import pc from 'picocolors';

const TERMINAL_EVERY_MS = 1000;
const PLAIN_EVERY_MS = 20_000;

/**
 * Tells a person what is going on: one line a step, with its time. A long step shows what it is doing and for how long,
 * on the same line of a terminal, else every twenty seconds on a new one.
 */
export class Progress {
  private startedAtMs = 0;
  private label = '';
  private doing = '';

  constructor(private readonly out: NodeJS.WriteStream) {}

  async step<Result>(label: string, work: () => Promise<Result>): Promise<Result> {
    this.label = label;
    this.doing = '';
    this.startedAtMs = Date.now();
    if (this.out.isTTY) this.out.write(`${pc.cyan('…')} ${label}`);
    const timer = setInterval(() => this.show(), this.out.isTTY ? TERMINAL_EVERY_MS : PLAIN_EVERY_MS);
    try {
      const result = await work();
      this.end(pc.green('✓'));
      return result;
    } catch (error) {
      this.end(pc.red('✗'));
      throw error;
    } finally {
      clearInterval(timer);
    }
  }

  /** What a long step is doing just now. Said at once; finer detail only where it replaces itself. */
  detail(text: string, weight: 'said' | 'passing' = 'said'): void {
    this.doing = text;
    if (this.out.isTTY || weight === 'said') this.show();
  }

  private show(): void {
    const doing = this.doing === '' ? '' : `: ${this.doing}`;
    const line = `${pc.cyan('…')} ${this.label}${doing} ${pc.dim(this.elapsed())}`;
    if (this.out.isTTY) this.out.write(`\r\x1b[K${line.slice(0, this.out.columns + 18)}`);
    else this.out.write(`${line}\n`);
  }

  private end(mark: string): void {
    this.out.write(`${this.out.isTTY ? '\r\x1b[K' : ''}${mark} ${this.label} ${pc.dim(this.elapsed())}\n`);
  }

  private elapsed(): string {
    return `${((Date.now() - this.startedAtMs) / 1000).toFixed(1)} s`;
  }
}
