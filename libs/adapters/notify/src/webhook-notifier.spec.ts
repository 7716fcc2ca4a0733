import { createHmac } from 'node:crypto';
import { type ScriptedAnswer, WebhookServer } from '../../../../test/support/webhook-server';
import { type DestinationReaction, notifierConformance } from '../../../conformance/src/notifier.conformance';
import { asId } from '../../../core/src/common/ids';
import type { Channel } from '../../../core/src/notify/channel';
import type { Notification } from '../../../core/src/notify/notifier.port';
import { WebhookNotifier } from './webhook-notifier';

const SECRET = 'whsec-5d41402abc4b2a76';
const SENT_AT_MS = Date.UTC(2026, 0, 1, 12);

const notification: Notification = {
  notificationId: '0b1f3c1e-0000-5000-8000-000000000001',
  about: 'incident_opened',
  sequence: 1,
  incident: {
    id: asId('i1'),
    projectId: asId('p1'),
    number: 7,
    title: 'checkout is slow',
    status: 'open',
    severity: 'critical',
    group: 'default',
    services: ['checkout'],
    openedAtMs: SENT_AT_MS - 5000,
    alerts: [
      {
        ruleId: asId('r1'),
        ruleName: 'p95',
        episodeId: 'e1',
        labels: { service_name: 'checkout' },
        severity: 'critical',
        serviceName: 'checkout',
        runbook: 'slow-checkout',
        firedAtMs: SENT_AT_MS - 5000,
      },
    ],
  },
  incidentUrl: 'http://127.0.0.1:3000/api/incidents/i1',
  runbooksUrl: 'http://127.0.0.1:3000/api/runbooks',
  sentAtMs: SENT_AT_MS,
};

const ANSWERS: Readonly<Record<DestinationReaction, ScriptedAnswer>> = {
  takes: { status: 200 },
  refuses: { status: 404, body: SECRET },
  is_overloaded: { status: 429 },
  fails: { status: 500, body: SECRET },
  is_silent: { status: 200, hang: true },
};

function channel(url: string): Channel {
  return {
    id: asId('c1'),
    projectId: asId('p1'),
    name: 'ops',
    enabled: true,
    kind: 'webhook',
    url,
    secret: SECRET,
    createdAtMs: 0,
  };
}

notifierConformance('a webhook', notification, async () => {
  const server = await WebhookServer.start();
  return {
    notifier: new WebhookNotifier({ timeoutMs: 3000 }),
    channel: channel(`${server.url}?token=hidden-token`),
    deadChannel: channel('http://ops:hidden-pass@127.0.0.1:1/?token=hidden-token'),
    secrets: [SECRET, 'hidden-token', 'hidden-pass', '127.0.0.1'],
    next: (reaction) => server.answer(ANSWERS[reaction]),
    arrived: () => server.received.map(({ headers }) => String(headers['x-opspilot-notification-id'])),
    end: () => server.stop(),
  };
});

describe('WebhookNotifier', () => {
  let server: WebhookServer;
  const notifier = new WebhookNotifier({ timeoutMs: 20_000 });

  beforeEach(async () => {
    server = await WebhookServer.start();
  });
  afterEach(() => server.stop());

  it('posts signed JSON that a receiver can verify', async () => {
    expect(await notifier.send(channel(server.url), notification)).toEqual({
      outcome: 'delivered',
      status: 200,
    });
    const [delivery] = server.received;
    if (delivery === undefined) throw new Error('nothing was received');
    expect(delivery.headers['content-type']).toBe('application/json');
    expect(delivery.headers['user-agent']).toBe('OpsPilot-Webhook/1');
    expect(delivery.headers['x-opspilot-notification-id']).toBe(notification.notificationId);
    const expected = createHmac('sha256', SECRET)
      .update(`${SENT_AT_MS / 1000}.${delivery.body}`)
      .digest('hex');
    expect(delivery.headers['x-opspilot-signature']).toBe(`t=${SENT_AT_MS / 1000},v1=${expected}`);
    expect(JSON.parse(delivery.body)).toMatchObject({
      notification_id: notification.notificationId,
      about: 'incident_opened',
      sequence: 1,
      incident: {
        id: 'i1',
        number: 7,
        title: 'checkout is slow',
        status: 'open',
        services: ['checkout'],
        alerts: [
          { runbook: 'slow-checkout', runbook_url: 'http://127.0.0.1:3000/api/runbooks/slow-checkout' },
        ],
      },
      incident_url: notification.incidentUrl,
      sent_at: '2026-01-01T12:00:00.000Z',
    });
    expect(delivery.body).not.toContain(SECRET);
  });

  it.each([
    [200, 'delivered', undefined],
    [202, 'delivered', undefined],
    [204, 'delivered', undefined],
    [301, 'failed', false],
    [400, 'failed', false],
    [401, 'failed', false],
    [404, 'failed', false],
    [410, 'failed', false],
    [408, 'failed', true],
    [425, 'failed', true],
    [429, 'failed', true],
    [500, 'failed', true],
    [502, 'failed', true],
    [503, 'failed', true],
  ])('takes status %d as %s (retryable: %s)', async (status, outcome, retryable) => {
    server.answer({ status, headers: { location: 'http://127.0.0.1:1/elsewhere' } });
    const result = await notifier.send(channel(server.url), notification);
    expect(result).toMatchObject({ outcome, status });
    expect('retryable' in result ? result.retryable : undefined).toBe(retryable);
    expect(server.received).toHaveLength(1);
  });

  it.each([
    ['seconds', '120', 120],
    ['a date', new Date(SENT_AT_MS + 90_000).toUTCString(), 90],
    ['a date that has passed', new Date(SENT_AT_MS - 90_000).toUTCString(), 0],
    ['nonsense', 'soon', undefined],
  ])('reads a Retry-After of %s', async (_what, value, seconds) => {
    server.answer({ status: 429, headers: { 'retry-after': value } });
    const result = await notifier.send(channel(server.url), notification);
    expect('retryAfterSeconds' in result ? result.retryAfterSeconds : undefined).toBe(seconds);
  });

  it('does not read an endless answer', async () => {
    server.answer({ status: 200, body: 'x'.repeat(8 * 1024 * 1024) });
    expect(await notifier.send(channel(server.url), notification)).toMatchObject({ outcome: 'delivered' });
  });

  it.each<[string, ScriptedAnswer]>([
    ['does not end', { status: 200, then: 'trickles' }],
    ['breaks off', { status: 202, then: 'breaks_off' }],
    [
      'says that it is packed and is not',
      { status: 200, headers: { 'content-encoding': 'gzip' }, body: 'ok' },
    ],
  ])(
    'counts as delivered what was taken, where the body of the answer %s: nobody is told twice',
    async (_what, answer) => {
      server.answer(answer);
      const outcome = await new WebhookNotifier({ timeoutMs: 2000 }).send(channel(server.url), notification);
      expect(outcome).toEqual({ outcome: 'delivered', status: answer.status });
    },
  );

  it('does not repeat what was refused for good, where the body of the refusal breaks off', async () => {
    server.answer({ status: 410, then: 'breaks_off' });
    const outcome = await notifier.send(channel(server.url), notification);
    expect(outcome).toMatchObject({ outcome: 'failed', retryable: false, status: 410 });
  });

  it('sends the credentials of a URL as a header', async () => {
    const url = server.url.replace('//', '//ops:p%40ss@');
    expect(await notifier.send(channel(url), notification)).toMatchObject({ outcome: 'delivered' });
    expect(server.received[0]?.headers.authorization).toBe(
      `Basic ${Buffer.from('ops:p@ss').toString('base64')}`,
    );
  });

  it('never sends to an address that is none, and does not repeat it', async () => {
    const outcome = await notifier.send(channel('not a url with hidden-token'), notification);
    expect(outcome).toMatchObject({ outcome: 'failed', retryable: false });
    expect(JSON.stringify(outcome)).not.toContain('hidden');
  });

  it('says how long it waited in vain', async () => {
    server.answer({ status: 200, hang: true });
    const outcome = await new WebhookNotifier({ timeoutMs: 150 }).send(channel(server.url), notification);
    expect(outcome).toMatchObject({ reason: 'no answer within 150 ms' });
  });

  it('says nothing of a host that has no address', async () => {
    const outcome = await notifier.send(channel('http://no-such-host.invalid/?token=hidden'), notification);
    expect(outcome).toMatchObject({ outcome: 'failed', retryable: true });
    expect(JSON.stringify(outcome)).not.toMatch(/hidden|no-such-host/);
  });
});
