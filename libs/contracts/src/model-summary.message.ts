import { z } from 'zod';
import type { DraftClaim } from '../../core/src/investigation/verify-citations';

const summary = z
  .array(
    z.strictObject({
      text: z.string().trim().min(1).max(600),
      cites: z.array(z.string().max(8)).max(30),
    }),
  )
  .min(1)
  .max(10);

/** What a model may answer: a JSON array of {text, cites}, on its own or in one fence. Undefined for anything else. */
export function parseModelSummary(answer: string): readonly DraftClaim[] | undefined {
  // Each part can match in one way only: an answer of newlines would else be gone over for hours.
  const fenced = /^```(?:json)?[^\S\n]*\n([\s\S]*)```$/.exec(answer.trim());
  const parsed = summary.safeParse(parseJson(fenced?.[1] ?? answer));
  return parsed.success ? parsed.data : undefined;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
