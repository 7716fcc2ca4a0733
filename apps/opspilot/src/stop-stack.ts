/** What has been started, to be stopped in the opposite order. Stopping goes on past a part that fails to stop. */
export class StopStack {
  private readonly entries: { readonly label: string; readonly stop: () => Promise<void> }[] = [];

  add(label: string, stop: () => Promise<void>): void {
    this.entries.push({ label, stop });
  }

  /** Tells `onStep` of each part. Returns the errors that came up. */
  async stopAll(
    onStep: (label: string, stop: () => Promise<void>) => Promise<void>,
  ): Promise<readonly unknown[]> {
    const errors: unknown[] = [];
    for (let entry = this.entries.pop(); entry !== undefined; entry = this.entries.pop()) {
      try {
        await onStep(entry.label, entry.stop);
      } catch (error) {
        errors.push(error);
      }
    }
    return errors;
  }
}
