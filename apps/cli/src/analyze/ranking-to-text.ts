import pc from 'picocolors';
import type { RankedCause, RootCauseRanking } from '../../../../libs/analysis/src/root-cause';
import { plainText } from '../../../../libs/core/src/common/plain-text';

/** What services wrote must not fill the terminal either. */
const MAX_TEXT = 300;

const MAX_CAUSES = 5;
const MAX_REASONS = 4;
const NAME_WIDTH = 34;

/** A ranking for people: the first causes, each with what speaks for and against it. */
export function rankingToText(caseName: string, ranking: RootCauseRanking): string {
  const title = pc.bold(plainText(caseName, MAX_TEXT));
  if (ranking.causes.length === 0) return `${title}\n  nothing found: nothing departed from its baseline\n`;
  const lines = ranking.causes.slice(0, MAX_CAUSES).flatMap((cause, index) => causeLines(cause, index + 1));
  const more = ranking.causes.length - MAX_CAUSES;
  if (more > 0) lines.push(pc.dim(`      and ${more} more`));
  return `${title}\n${lines.join('\n')}\n`;
}

function causeLines(cause: RankedCause, rank: number): readonly string[] {
  const percent = `${Math.round(cause.score * 100)}%`.padStart(4);
  const name = plainText(cause.serviceName, MAX_TEXT).padEnd(NAME_WIDTH);
  const head = `${String(rank).padStart(3)}. ${pc.cyan(name)} ${percent}  ${cause.causeKind}: ${plainText(cause.signal, MAX_TEXT)}`;
  const reasons = cause.contributions
    .filter(({ weight }) => Math.abs(weight) >= cause.score / 50)
    .slice(0, MAX_REASONS)
    .map(({ weight, why }) => pc.dim(`       ${weight < 0 ? '-' : '+'} ${plainText(why, MAX_TEXT)}`));
  return rank <= 3 ? [head, ...reasons] : [head];
}
