/** Less than a test has (jest.config.mjs), which would end without saying what it waits for. */
const DEADLINE_MS = 60_000;

/** Asks until the answer is not undefined. Fails with `what` when the deadline passes: tests wait for conditions, never for time. */
export async function waitFor<Answer>(
  what: string,
  ask: () => Promise<Answer | undefined> | Answer | undefined,
  options: { readonly deadlineMs?: number; readonly everyMs?: number } = {},
): Promise<Answer> {
  const { deadlineMs = DEADLINE_MS, everyMs = 50 } = options;
  const deadlineAt = Date.now() + deadlineMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (Date.now() > deadlineAt) throw new Error(`waited ${deadlineMs} ms in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}
