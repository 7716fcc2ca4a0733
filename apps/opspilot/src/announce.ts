import pc from 'picocolors';
import type { ConnectionFile } from '../../../libs/contracts/src/connection-file.contract';

/** What a newcomer needs after the start: where it is, how to send the first record, where to look. */
export function announcement(
  connection: ConnectionFile,
  facts: { readonly home: string; readonly seconds: number },
): string {
  const curl =
    `curl -sS ${connection.url}/api/ingest/logs -H 'X-API-Key: ${connection.api_key}' ` +
    `-H 'Content-Type: application/json' -d '{"logs":[{"level":"ERROR","message":"Hello from curl","service":"api"}]}'`;
  const row = (label: string, value: string) => `  ${pc.dim(label.padEnd(12))} ${value}`;
  return [
    '',
    `${pc.bold('OpsPilot is ready')} ${pc.dim(`(${facts.seconds.toFixed(1)} s)`)}`,
    '',
    row('URL', connection.url),
    row('API key', connection.api_key),
    row('Project', connection.project_id),
    row('Temporal UI', connection.temporal_ui_url),
    row('State', `${facts.home} ${pc.dim('(connection.json for scripts, logs/opspilot.log for its log)')}`),
    '',
    `  ${pc.dim('Send a first record:')}`,
    `  ${curl}`,
    '',
    `  ${pc.dim('Send a log file:')}       npx opspilot send /var/log/syslog`,
    `  ${pc.dim('Play an outage:')}        npm run demo`,
    `  ${pc.dim('Stop:')}                  Ctrl-C; all data stays for the next npm start`,
    '',
  ].join('\n');
}
