/** One message that names every variable that is wrong, so that a person mends them in one go. Values are repeated only where they can be no secrets. */
export class OpsConfigError extends Error {
  override readonly name = 'OpsConfigError';

  constructor(readonly problems: readonly string[]) {
    super(
      `the configuration has ${problems.length} problem${problems.length === 1 ? '' : 's'}:\n${problems.map((problem) => `  ${problem}`).join('\n')}`,
    );
  }
}
