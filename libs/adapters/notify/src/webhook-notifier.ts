import { createHmac } from 'node:crypto';
import { toNotificationMessage } from '../../../contracts/src/notification.message';
import type { Channel } from '../../../core/src/notify/channel';
import { type DeliveryOutcome, type Notification, Notifier } from '../../../core/src/notify/notifier.port';

export interface WebhookNotifierOptions {
  /** Longest wait for an answer, and for what little of its body is read. */
  readonly timeoutMs: number;
}

const MAX_ANSWER_BYTES = 4096;
const USER_AGENT = 'OpsPilot-Webhook/1';
/** Timeouts and overload pass; what else the destination refuses, it will refuse again. */
const RETRYABLE_STATUSES: ReadonlySet<number> = new Set([408, 425, 429]);

/**
 * Posts a notification as signed JSON. A receiver checks `X-OpsPilot-Signature: t=<unix seconds>,v1=<hex>`, where v1 is
 * the HMAC-SHA256, under the channel's secret, of `<t>.<body>`. Redirects are not followed, so that a signed message goes
 * where the channel says and nowhere else.
 */
export class WebhookNotifier extends Notifier {
  constructor(private readonly options: WebhookNotifierOptions) {
    super();
  }

  async send(channel: Channel, notification: Notification): Promise<DeliveryOutcome> {
    if (!URL.canParse(channel.url)) {
      return { outcome: 'failed', retryable: false, reason: 'the channel has no usable URL' };
    }
    const url = new URL(channel.url);
    const body = JSON.stringify(toNotificationMessage(notification));
    const headers = {
      'Content-Type': 'application/json',
      'User-Agent': USER_AGENT,
      'X-OpsPilot-Notification-Id': notification.notificationId,
      'X-OpsPilot-Signature': sign(channel.secret, Math.floor(notification.sentAtMs / 1000), body),
      ...takeCredentials(url),
    };
    const { timeoutMs } = this.options;
    const signal = AbortSignal.timeout(timeoutMs);
    try {
      const answer = await fetch(url, { method: 'POST', headers, body, redirect: 'manual', signal });
      // The status says whether it was taken. A body that breaks off, trickles or cannot be unpacked takes nothing of that back.
      await readAtMost(answer, MAX_ANSWER_BYTES).catch(() => undefined);
      return toOutcome(answer, notification.sentAtMs);
    } catch (error) {
      const reason = signal.aborted ? `no answer within ${timeoutMs} ms` : describe(error);
      return { outcome: 'failed', retryable: true, reason };
    }
  }
}

function sign(secret: string, unixSeconds: number, body: string): string {
  const hex = createHmac('sha256', secret).update(`${unixSeconds}.${body}`).digest('hex');
  return `t=${unixSeconds},v1=${hex}`;
}

/** fetch refuses a URL with a user and password in it; they travel as a header instead. */
function takeCredentials(url: URL): { readonly Authorization?: string } {
  if (url.username === '' && url.password === '') return {};
  const pair = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  url.username = '';
  url.password = '';
  return { Authorization: `Basic ${Buffer.from(pair).toString('base64')}` };
}

/** What the answer says does not matter, but an unread answer would hold its connection. */
async function readAtMost(answer: Response, maxBytes: number): Promise<void> {
  if (answer.body === null) return;
  const reader = answer.body.getReader();
  for (let bytes = 0; bytes < maxBytes;) {
    const { done, value } = await reader.read();
    if (done) return;
    bytes += value.byteLength;
  }
  await reader.cancel();
}

function toOutcome(answer: Response, nowMs: number): DeliveryOutcome {
  const { status } = answer;
  if (answer.ok) return { outcome: 'delivered', status };
  const retryAfterSeconds = parseRetryAfter(answer.headers.get('retry-after'), nowMs);
  return {
    outcome: 'failed',
    retryable: status >= 500 || RETRYABLE_STATUSES.has(status),
    status,
    reason:
      status >= 300 && status < 400 ? `answered ${status}; redirects are not followed` : `answered ${status}`,
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
  };
}

/** Seconds, or an HTTP date (RFC 9110, section 10.2.3). */
function parseRetryAfter(value: string | null, nowMs: number): number | undefined {
  if (value === null) return undefined;
  if (/^\d{1,9}$/.test(value.trim())) return Number(value);
  const atMs = Date.parse(value);
  return Number.isNaN(atMs) ? undefined : Math.max(0, Math.ceil((atMs - nowMs) / 1000));
}

/** By the error's code only: its text may hold the URL, and with it a secret. */
function describe(error: unknown): string {
  const code = propertyOf(propertyOf(error, 'cause'), 'code');
  return typeof code === 'string' && /^[A-Z0-9_]{1,40}$/.test(code) ? `no answer (${code})` : 'no answer';
}

function propertyOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}
