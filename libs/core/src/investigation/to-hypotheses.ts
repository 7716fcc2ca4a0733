import type { Contribution, RootCauseRanking } from '../../../analysis/src/root-cause';
import type { Hypothesis } from './investigation';
import { plainText } from '../common/plain-text';

const MAX_HYPOTHESES = 10;
const MAX_SUPPORT = 8;
const MAX_TEXT = 200;

/** Which evidence there is for two services' calling each other, where the contribution rests on that. */
export type EdgeLabelOf = (serviceName: string, contribution: Contribution) => string | undefined;

/**
 * The ranking as a report keeps it: the best supported causes, each contribution pointing at kept evidence. A
 * contribution without evidence is left out, since nobody could check it.
 */
export function toHypotheses(
  ranking: RootCauseRanking,
  labelOfRef: ReadonlyMap<string, string>,
  edgeLabelOf: EdgeLabelOf = () => undefined,
): readonly Hypothesis[] {
  return ranking.causes.slice(0, MAX_HYPOTHESES).map((cause, index) => ({
    rank: index + 1,
    serviceName: cause.serviceName,
    causeKind: cause.causeKind,
    signal: plainText(cause.signal, MAX_TEXT),
    score: cause.score,
    ...(cause.onsetMs === undefined ? {} : { onsetAtMs: cause.onsetMs }),
    support: cause.contributions
      .flatMap((contribution) => {
        const { ref, why, ...rest } = contribution;
        const evidence = edgeLabelOf(cause.serviceName, contribution) ?? labelOfRef.get(ref);
        return evidence === undefined ? [] : [{ ...rest, why: plainText(why, MAX_TEXT), evidence }];
      })
      .slice(0, MAX_SUPPORT),
  }));
}

/** The inputs that the kept part of a ranking leans on: what there must be evidence of. */
export function refsOfRanking(ranking: RootCauseRanking): readonly string[] {
  const refs = ranking.causes
    .slice(0, MAX_HYPOTHESES)
    .flatMap((cause) => cause.contributions.slice(0, MAX_SUPPORT).map((contribution) => contribution.ref));
  return [...new Set(refs)];
}
