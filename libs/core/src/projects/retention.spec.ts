import { asId, type ProjectId } from '../common/ids';
import type { Project } from './project';
import {
  ageLimits,
  keptFromMs,
  mayDropDay,
  projectsAged,
  type Retention,
  retentionInstant,
} from './retention';

const NOW = Date.parse('2026-03-10T15:30:00Z');
const day = (text: string) => Date.parse(`${text}T00:00:00Z`);
const id = (text: string) => asId<ProjectId>(text);

describe('keptFromMs', () => {
  it.each([
    ['keeps all for 0', 0, '2026-03-10T15:30:00Z', undefined],
    ['keeps yesterday and today for 1', 1, '2026-03-10T15:30:00Z', '2026-03-09'],
    ['keeps the same all day long', 1, '2026-03-10T00:00:00Z', '2026-03-09'],
    ['keeps the same to the end of the day', 1, '2026-03-10T23:59:59.999Z', '2026-03-09'],
    ['counts days across months', 30, '2026-03-10T15:30:00Z', '2026-02-08'],
  ])('%s', (_case, days, now, expected) => {
    const fromMs = keptFromMs(days, Date.parse(now));
    expect(fromMs).toBe(expected === undefined ? undefined : day(expected));
    if (fromMs !== undefined) expect(Date.parse(now) - fromMs).toBeGreaterThanOrEqual(days * 86_400_000);
  });
});

describe('retentionInstant', () => {
  const HOUR_MS = 3_600_000;
  it.each([
    ['is the scheduled one for the first run', undefined, NOW],
    ['is the scheduled one an hour later', NOW - HOUR_MS, NOW],
    ['is the scheduled one after a night without runs', NOW - 12 * HOUR_MS, NOW],
    ['goes on by a day where the clock is a month ahead', NOW - 30 * 24 * HOUR_MS, NOW - 29 * 24 * HOUR_MS],
    ['is the scheduled one again where the clock was put back', NOW + 30 * 24 * HOUR_MS, NOW],
  ])('%s', (_case, previousMs, expected) => {
    expect(retentionInstant(NOW, previousMs)).toBe(expected);
  });
});

describe('ageLimits', () => {
  const project = (name: string, retention?: Partial<Retention>): Project => ({
    id: id(name),
    name,
    createdAtMs: 0,
    ...(retention !== undefined && { retention }),
  });

  it('has a limit for each project that does not keep all: its own, or that of the installation', () => {
    const projects = [
      project('default'),
      project('own', { logs: 2 }),
      project('for ever', { logs: 0 }),
      project('other kind', { metrics: 1 }),
    ];
    const limits = ageLimits(projects, 'logs', { logs: 7, metrics: 0 }, NOW);
    expect([...limits]).toEqual([
      ['default', day('2026-03-03')],
      ['own', day('2026-03-08')],
      ['other kind', day('2026-03-03')],
    ]);
  });

  it('has none where nobody asked for one', () => {
    expect([...ageLimits([project('a')], 'logs', { logs: 0, metrics: 0 }, NOW)]).toEqual([]);
  });
});

describe('mayDropDay', () => {
  const limits = new Map([
    [id('short'), day('2026-03-08')],
    [id('long'), day('2026-02-01')],
  ]);

  it.each<[string, string, readonly string[], boolean]>([
    ['aged for the only project in it', '2026-03-08', ['short'], true],
    ['not aged by a day', '2026-03-09', ['short'], false],
    ['aged for one, not for the other', '2026-03-08', ['short', 'long'], false],
    ['aged for both', '2026-02-01', ['short', 'long'], true],
    ['holds records of a project that keeps all', '2026-02-01', ['short', 'for ever'], false],
    ['holds nothing and is old', '2026-03-08', [], true],
    ['holds nothing and is young', '2026-03-09', [], false],
  ])('%s', (_case, end, there, expected) => {
    expect(mayDropDay(day(end), there.map(id), limits)).toBe(expected);
  });

  it('drops nothing where there are no limits', () => {
    expect(mayDropDay(0, [], new Map())).toBe(false);
  });

  it('agrees with who has aged', () => {
    expect(projectsAged(limits, day('2026-02-01'))).toEqual(['short', 'long']);
    expect(projectsAged(limits, day('2026-03-08'))).toEqual(['short']);
    expect(projectsAged(limits, day('2026-03-09'))).toEqual([]);
  });
});
