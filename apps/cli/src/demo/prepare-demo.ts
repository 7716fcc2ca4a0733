import type { ApiClient } from '../api-client';
import type { Scenario } from './scenario.schema';

/** Marks what the demo made, so that its next run can clear it away. */
const MARK = 'demo: ';

/** Rules and a channel for one run, whose alerts form an incident of their own. */
export async function prepareDemo(
  api: ApiClient,
  scenario: Scenario,
  run: { readonly group: string; readonly webhookUrl: string; readonly webhookSecret: string },
): Promise<{ readonly channelId: string }> {
  await clearEarlierRuns(api);
  const channel = await api.post<{ id: string }>('/api/channels', {
    kind: 'webhook',
    name: `${MARK}terminal`,
    url: run.webhookUrl,
    secret: run.webhookSecret,
  });
  for (const rule of scenario.rules) {
    await api.post('/api/rules', {
      ...rule,
      name: `${MARK}${String(rule['name'])}`,
      incident_group: run.group,
    });
  }
  return { channelId: channel.id };
}

async function clearEarlierRuns(api: ApiClient): Promise<void> {
  const { rules } = await api.get<{ rules: readonly { id: string; name: string }[] }>('/api/rules?limit=500');
  for (const rule of rules.filter(({ name }) => name.startsWith(MARK)))
    await api.delete(`/api/rules/${rule.id}`);
  const { channels } = await api.get<{ channels: readonly { id: string; name: string }[] }>(
    '/api/channels?limit=100',
  );
  for (const channel of channels.filter(({ name }) => name.startsWith(MARK)))
    await api.delete(`/api/channels/${channel.id}`);
  const { incidents } = await api.get<{ incidents: readonly { id: string; group: string }[] }>(
    '/api/incidents?status=open,acknowledged&limit=100',
  );
  for (const incident of incidents.filter(({ group }) => group.startsWith('demo-'))) {
    await api.post(`/api/incidents/${incident.id}/resolve`, { comment: 'a new demo begins' });
  }
}
