import { numberOfLabel } from './evidence-label';
import type { Claim } from './investigation';

/** A sentence as it was written, before anyone has checked what it cites. */
export type DraftClaim = Pick<Claim, 'text' | 'cites'>;

const ADDRESS = /[a-z][a-z\d+.-]{0,20}:\/\/[^\s"'<>()[\]]+/gi;

/**
 * A model's sentence without addresses. A log line may ask for one to be shown, and who trusts the sentence would open it; the evidence
 * that it cites shows the line as what it is, quoted.
 */
export function withoutAddresses(text: string): string {
  return text.replace(ADDRESS, '[address]');
}

/** Takes out citations of evidence that does not exist. A claim that is left without any is a conjecture. */
export function verifyCitations(claims: readonly DraftClaim[], known: ReadonlySet<string>): readonly Claim[] {
  return claims.map(({ text, cites }) => {
    const real = [...new Set(cites)].filter((label) => known.has(label));
    const ordered = real.sort((a, b) => numberOfLabel(a) - numberOfLabel(b));
    return { text, cites: ordered, conjecture: ordered.length === 0 };
  });
}
