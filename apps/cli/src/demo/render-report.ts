import pc from 'picocolors';
import { safeText } from './safe-text';
import type { IncidentReport } from './watch-incident';

const RANKING_ROWS = 5;

/** What the demo shows at its end: timeline, ranking and links, for a terminal. */
export function renderReport(
  report: IncidentReport,
  links: { readonly url: string; readonly temporalUiUrl: string; readonly projectId: string },
): string {
  const lines = [
    '',
    pc.bold(`Incident #${report.number}: ${safeText(report.title)}`) + pc.dim(`  (${report.status})`),
    '',
    pc.dim('Timeline'),
    ...report.timeline.map(({ at, text }) => `  ${pc.dim(at.slice(11, 19))}  ${safeText(text)}`),
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
      `  ${rank}. ${pc.bold(safeText(service))}  ${kind}: ${safeText(signal)}  ${pc.dim(`${Math.round(score * 100)} %`)}`,
    );
    if (rank === 1)
      for (const { evidence, why } of support.slice(0, 4))
        lines.push(`       ${pc.dim(`[${evidence}]`)} ${safeText(why)}`);
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
