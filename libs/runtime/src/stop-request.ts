/** Whether somebody wants OpsPilot to stop: by Ctrl-C, by SIGTERM, or because it cannot go on. */
export class StopRequest {
  readonly requested: Promise<void>;
  private request: () => void = () => undefined;
  private refuse: (error: Error) => void = () => undefined;
  private asked = false;

  constructor() {
    this.requested = new Promise((resolve, reject) => {
      this.request = resolve;
      this.refuse = reject;
    });
    // Whoever waits sees the failure; before anybody does, it must not count as unhandled.
    this.requested.catch(() => undefined);
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => this.onSignal());
  }

  get isRequested(): boolean {
    return this.asked;
  }

  fail(error: Error): void {
    this.refuse(error);
  }

  /** The work's result, or an error as soon as a stop is requested before there is one. */
  async orStop<Result>(work: Promise<Result>): Promise<Result> {
    const stopped = this.requested.then(() => {
      throw new Error('stopped while starting');
    });
    return Promise.race([work, stopped]);
  }

  private onSignal(): void {
    this.asked = true;
    this.request();
  }
}
