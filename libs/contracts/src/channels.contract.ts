import { z } from 'zod';
import { isPlainHttpUrl } from '../../core/src/common/is-plain-http-url';
import type { Page } from '../../core/src/common/page';
import { toIso } from '../../core/src/common/time-range';
import type { Channel } from '../../core/src/notify/channel';
import { field, text, toTotals, totals } from './common.contract';

const URL_ALLOWED = 'an http or https URL without user name and password';

const webhookUrl = field(
  text(2000),
  `Where deliveries go: ${URL_ALLOWED}`,
  'https://hooks.example.org/opspilot',
).refine(isPlainHttpUrl, { error: 'is not such a URL', params: { allowed: URL_ALLOWED } });

const name = field(text(200), 'What people call it', 'on-call');
const kind = field(z.literal('webhook'), 'How it is reached', 'webhook');
const enabled = field(z.boolean(), 'Whether anything is sent to it', true);

export const channelRequest = z.strictObject({
  name,
  kind: kind.default('webhook'),
  url: webhookUrl,
  secret: field(
    text(200, 16),
    'Signs each delivery; made up where absent',
    'a-long-shared-secret',
  ).optional(),
  enabled: enabled.default(true),
});

const channelFields = {
  id: field(z.string(), 'Id of the channel', '3fa85f64-5717-4562-b3fc-2c963f66afa6'),
  name,
  kind,
  url: field(z.string(), 'Where deliveries go', 'https://hooks.example.org/opspilot'),
  enabled,
  created_at: field(z.string(), 'When it was made', '2026-01-15T12:00:00.000Z'),
};

const channelResponse = z.object(channelFields).meta({ id: 'Channel' });
export const channelCreatedResponse = z.object({
  ...channelFields,
  secret: field(z.string(), 'Signs each delivery; shown this once', 'whsec_5Jq…'),
});
export const channelListResponse = z.object({
  channels: field(z.array(channelResponse), 'The channels', []),
  ...totals,
});

function toChannelResponse(channel: Channel) {
  return {
    id: channel.id,
    name: channel.name,
    kind: channel.kind,
    url: channel.url,
    enabled: channel.enabled,
    created_at: toIso(channel.createdAtMs),
  };
}

export function toChannelCreatedResponse(channel: Channel) {
  return { ...toChannelResponse(channel), secret: channel.secret };
}

export function toChannelListResponse(page: Page<Channel>) {
  return { channels: page.items.map(toChannelResponse), ...toTotals(page) };
}
