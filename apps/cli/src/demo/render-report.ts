import pc from 'picocolors';
import { plainText } from '../../../../libs/core/src/common/plain-text';
import type { IncidentReport } from './watch-incident';

/** What services wrote must not fill the terminal either. */
const MAX_TEXT = 300;

const RANKING_ROWS = 5;

/** What the demo shows at its end: timeline, ranking and links, for a terminal. */
export function renderReport(
  report: IncidentReport,
  links: { readonly url: string; readonly temporalUiUrl: string; readonly projectId: string },
): string {
  const lines = [
    '',
    pc.bold(`Incident #${report.number}: ${plainText(report.title, MAX_TEXT)}`) +
      pc.dim(`  (${report.status})`),
    '',
    pc.dim('Timeline (UTC)'),
    ...report.timeline.map(({ at, text }) => `  ${pc.dim(at.slice(11, 19))}  ${plainText(text, MAX_TEXT)}`),
    '',
    pc.dim('Most likely causes (each line can be opened and checked)'),
  ];
  for (const {
    rank,
    service_name: service,
    cause_kind: kind,
    signal,
    score,
    support,
  } of report.ranking.slice(0, RANKING_ROWS)) {
    lines.push(
      `  ${rank}. ${pc.bold(plainText(service, MAX_TEXT))}  ${kind}: ${plainText(signal, MAX_TEXT)}  ${pc.dim(`${Math.round(score * 100)} %`)}`,
    );
    if (rank === 1)
      for (const { evidence, why } of support.slice(0, 4))
        lines.push(`       ${pc.dim(`[${evidence}]`)} ${plainText(why, MAX_TEXT)}`);
  }
  const incident = `${links.url}/api/incidents/${report.incidentId}`;
  const workflow = encodeURIComponent(`incident:${links.projectId}:${report.incidentId}`);
  lines.push(
    '',
    pc.dim('Links (send the API key as X-API-Key)'),
    `  incident       ${incident}`,
    `  timeline       ${incident}/timeline`,
    `  investigation  ${links.url}/api/investigations/${report.investigationId}`,
    `  workflow       ${links.temporalUiUrl}/namespaces/default/workflows/${workflow}`,
    '',
  );
  return lines.join('\n');
}
