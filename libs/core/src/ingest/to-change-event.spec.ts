import fc from 'fast-check';
import { type ProjectId, asId } from '../common/ids';
import type { NormaliseContext } from './normalised';
import { toChangeEvent } from './to-change-event';

const CONTEXT: NormaliseContext = {
  projectId: asId<ProjectId>('00000000-0000-4000-8000-000000000001'),
  receivedAtMs: Date.UTC(2024, 0, 1, 12),
  index: 2,
  batchHash: '0123456789',
  limits: { maxMessageBytes: 1024, maxContextFields: 10, maxFutureMs: 600_000 },
  source: 'api',
};

describe('toChangeEvent', () => {
  it('takes a deploy', () => {
    const input = {
      kind: 'deploy',
      service: 'checkout',
      title: 'checkout v2',
      version: 'v2',
      link: 'https://ci.example/1',
      timestamp: '2024-01-01T11:00:00Z',
      context: { by: { name: 'jo' } },
    };
    expect(toChangeEvent(input, CONTEXT)).toEqual({
      ok: true,
      notes: [],
      record: {
        id: expect.stringMatching(/^[0-9a-v]{36}$/),
        projectId: CONTEXT.projectId,
        kind: 'deploy',
        serviceName: 'checkout',
        title: 'checkout v2',
        timestamp: '2024-01-01T11:00:00.000Z',
        version: 'v2',
        link: 'https://ci.example/1',
        context: { 'by.name': 'jo' },
      },
    });
  });

  it('takes type for kind, message for title and url for link', () => {
    expect(
      toChangeEvent({ type: 'FLAG', message: 'on', service_name: 's', url: 'http://a/b' }, CONTEXT),
    ).toMatchObject({
      record: { kind: 'flag', title: 'on', serviceName: 's', link: 'http://a/b' },
      notes: [],
    });
  });

  it.each<[string, Record<string, unknown>, object, string]>([
    [
      'an unknown kind',
      { kind: 'rollback' },
      { kind: 'other', context: { original_kind: 'rollback' } },
      'kind: not one of deploy, config, flag, scale, other; other was assumed and the original kept',
    ],
    [
      'a link that a browser would run',
      { link: 'javascript:alert(1)' },
      {},
      'link: not an http or https URL of at most 2000 characters; dropped',
    ],
    [
      'a secret',
      { title: 'set token=abcdef' },
      { title: 'set token=[redacted:secret]' },
      'context: 1 secrets were redacted',
    ],
  ])('takes %s, and notes what it changed', (_, fields, expected, note) => {
    const result = toChangeEvent({ kind: 'config', title: 't', service: 's', ...fields }, CONTEXT);
    expect(result).toMatchObject({ ok: true, record: expected, notes: [note] });
    if (result.ok) expect(result.record.link).toBeUndefined();
  });

  it.each([{}, { title: '' }, { title: ' ' }, { title: 5 }])('refuses %j, which says nothing', (input) => {
    expect(toChangeEvent(input, CONTEXT)).toEqual({
      ok: false,
      field: 'title',
      reason: 'must be text that is not blank',
    });
  });

  it('never throws, and makes events that PostgreSQL can keep', () => {
    const input = fc.oneof(
      fc.anything(),
      fc.record({
        kind: fc.anything(),
        title: fc.string({ unit: 'binary', minLength: 1 }),
        link: fc.oneof(fc.webUrl(), fc.anything()),
        version: fc.anything(),
        context: fc.anything(),
      }),
    );
    fc.assert(
      fc.property(input, (given) => {
        const result = toChangeEvent(given, CONTEXT);
        if (!result.ok) return;
        expect(JSON.stringify(result.record).replaceAll('\\\\', '')).not.toMatch(/\\u0000|\\ud[89a-f]/);
      }),
      { numRuns: 1000 },
    );
  });
});
