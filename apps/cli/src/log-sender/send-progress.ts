import type { Clock } from '../../../../libs/core/src/common/clock';
import { printable } from './send-summary';

export interface ProgressState {
  readonly name: string;
  readonly lines: number;
  readonly accepted: number;
  readonly retries: number;
  readonly bytesRead: number;
  readonly sizeBytes: number | undefined;
}

export interface ProgressOutput {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

const TERMINAL_EVERY_MS = 200;
const PLAIN_EVERY_MS = 10_000;

/** One line that renews itself on a terminal; elsewhere a line every ten seconds. */
export class SendProgress {
  private readonly startedAtMs: number;
  private shownAtMs: number;
  private hasLine = false;

  constructor(
    private readonly output: ProgressOutput,
    private readonly clock: Clock,
  ) {
    this.startedAtMs = clock.now();
    this.shownAtMs = this.startedAtMs;
  }

  show(state: ProgressState): void {
    const nowMs = this.clock.now();
    const everyMs = this.output.isTTY === true ? TERMINAL_EVERY_MS : PLAIN_EVERY_MS;
    if (nowMs - this.shownAtMs < everyMs) return;
    this.shownAtMs = nowMs;
    const text = describeProgress(state, nowMs - this.startedAtMs);
    this.output.write(this.output.isTTY === true ? `\r\u001B[K${text}` : `${text}\n`);
    this.hasLine = true;
  }

  /** Takes the renewed line away, so that other text can follow. */
  clear(): void {
    if (this.hasLine && this.output.isTTY === true) this.output.write('\r\u001B[K');
    this.hasLine = false;
  }
}

/** The rate is over the whole run; what is left follows from the share of the file's bytes. */
export function describeProgress(state: ProgressState, elapsedMs: number): string {
  const rate = elapsedMs > 0 ? Math.round((state.lines / elapsedMs) * 1000) : 0;
  const share =
    state.sizeBytes === undefined || state.sizeBytes === 0
      ? undefined
      : Math.min(1, state.bytesRead / state.sizeBytes);
  const percent = share === undefined ? '' : ` ${Math.floor(share * 100)} %`;
  const leftSeconds =
    share === undefined || share === 0 ? undefined : Math.ceil((elapsedMs * (1 - share)) / share / 1000);
  const left = leftSeconds === undefined || leftSeconds === 0 ? '' : `, about ${leftSeconds} s left`;
  const retries = state.retries === 0 ? '' : `, ${state.retries} retries`;
  return `${printable(state.name)}:${percent} ${state.lines} lines, ${state.accepted} accepted, ${rate} lines/s${retries}${left}`;
}
