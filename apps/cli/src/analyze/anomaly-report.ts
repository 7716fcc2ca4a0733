import pc from 'picocolors';
import type { PointJudgement } from '../../../../libs/analysis/src/anomalies/anomaly';
import { formatValue } from '../../../../libs/analysis/src/anomalies/anomaly';
import { seriesChart } from './series-chart';

export interface AnomalyReportInput {
  readonly name: string;
  readonly timestamps: readonly string[];
  readonly judgements: readonly PointJudgement[];
  readonly method: string;
  /** Anomalies to list at most, the strongest ones, in order of time. */
  readonly top: number;
  readonly columns: number;
}

const CHART_ROWS = 12;

/** The chart of a series with its band, and below it each anomaly with what was expected and why it is one. */
export function anomalyReport(input: AnomalyReportInput): string {
  const { judgements, timestamps, top } = input;
  const found = judgements.flatMap((judgement, index) =>
    judgement.state === 'anomalous' ? [{ judgement, timestamp: timestamps[index] ?? '' }] : [],
  );
  const strongest = [...found]
    .sort((one, other) => other.judgement.score - one.judgement.score)
    .slice(0, top);
  const lines = [
    `${pc.bold(input.name)}  ${summary(judgements, found.length)}  ${pc.dim(input.method)}`,
    ...seriesChart(judgements, { columns: input.columns, rows: CHART_ROWS }),
  ];
  for (const { judgement, timestamp } of found.filter((one) => strongest.includes(one))) {
    const arrow = judgement.direction === 'down' ? '▼' : judgement.direction === 'up' ? '▲' : '•';
    lines.push(
      `${pc.red(arrow)} ${timestamp}  ${pc.bold(formatValue(judgement.value))}  score ${judgement.score.toFixed(2)}  ${judgement.why}`,
    );
  }
  if (found.length > strongest.length)
    lines.push(pc.dim(`the ${strongest.length} strongest of ${found.length} anomalies; --top shows more`));
  return `${lines.join('\n')}\n`;
}

function summary(judgements: readonly PointJudgement[], anomalies: number): string {
  const count = (state: PointJudgement['state']) => judgements.filter((one) => one.state === state).length;
  const learning = count('learning');
  const missing = count('missing');
  const parts = [
    `${judgements.length} points`,
    anomalies === 0 ? 'no anomaly found' : `${anomalies} ${anomalies === 1 ? 'anomaly' : 'anomalies'}`,
  ];
  if (learning > 0)
    parts.push(learning === judgements.length ? 'too short to judge' : `first ${learning} to learn from`);
  if (missing > 0) parts.push(`${missing} missing`);
  return parts.join(', ');
}
