/** Asks until the answer is not undefined. Fails with `what` when the deadline passes: tests wait for conditions, never for time. */
export async function waitFor<Answer>(
  what: string,
  ask: () => Promise<Answer | undefined> | Answer | undefined,
  options: { readonly deadlineMs?: number; readonly everyMs?: number } = {},
): Promise<Answer> {
  const deadlineAt = Date.now() + (options.deadlineMs ?? 30_000);
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (Date.now() > deadlineAt)
      throw new Error(`waited ${options.deadlineMs ?? 30_000} ms in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, options.everyMs ?? 50));
  }
}
