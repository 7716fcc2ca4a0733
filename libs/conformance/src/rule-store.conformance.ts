import { newScope } from '../../../test/support/new-scope';
import type { Rule } from '../../core/src/alerting/rule';
import type { RuleStore } from '../../core/src/alerting/rule-store.port';
import type { ProjectScope } from '../../core/src/projects/project-scope';
import type { CatalogEngine } from './catalog-engine';
import { expectLimitHolds } from './limits';
import { expectMalformedCursorRefused, readAllPages } from './paging';
import { ruleOf } from './rule-of';

const MOST = 5;

/** What every RuleStore promises. */
export function ruleStoreConformance(name: string, start: () => Promise<CatalogEngine<RuleStore>>): void {
  describe(`RuleStore on ${name}`, () => {
    let engine: Awaited<ReturnType<typeof start>>;
    let mine: ProjectScope;
    let theirs: ProjectScope;

    beforeAll(async () => {
      engine = await start();
    });
    beforeEach(async () => {
      [mine, theirs] = [await engine.newScope(), await engine.newScope()];
    });
    afterAll(() => engine.end());

    const create = async (scope: ProjectScope, change: Partial<Rule> = {}): Promise<Rule> => {
      const rule = ruleOf(scope, change);
      await engine.store.create(scope, rule, MOST);
      return rule;
    };

    it.each<[string, Partial<Rule>]>([
      [
        'a metric threshold with all there is',
        { description: 'why', labels: { team: 'shop', 'odd "key"': '☂' } },
      ],
      [
        'a metric threshold on tags',
        {
          condition: {
            kind: 'metric_threshold',
            metricName: 'latency_ms',
            serviceName: 'checkout',
            tags: { region: 'eu' },
            aggregation: 'p95',
            operator: '>',
            threshold: 0.1,
            groupByService: true,
          },
        },
      ],
      [
        'an anomaly',
        {
          condition: {
            kind: 'anomaly',
            metricName: 'latency_ms',
            aggregation: 'avg',
            method: 'adaptive',
            threshold: 4,
            direction: 'up',
            minRelativeDeviation: 0.1,
            tags: { endpoint: '/' },
            groupByService: true,
          },
        },
      ],
      [
        'a log count',
        {
          condition: {
            kind: 'log_count',
            levels: ['error', 'fatal'],
            search: `it's "quoted" \\ %`,
            operator: '>=',
            threshold: 1e300,
            groupByService: false,
          },
        },
      ],
    ])('gives back %s as it was created', async (_case, change) => {
      const rule = await create(mine, change);
      expect(await engine.store.find(mine, rule.id)).toStrictEqual(rule);
    });

    it('changes what is changed, and never the time of creation', async () => {
      const rule = await create(mine, { description: 'old' });
      const changed = ruleOf(mine, {
        id: rule.id,
        enabled: false,
        holdSeconds: 0,
        updatedAtMs: rule.updatedAtMs + 5,
      });
      expect(await engine.store.change(mine, rule.id, () => ({ ...changed, createdAtMs: 1 }))).toStrictEqual({
        before: rule,
        after: changed,
      });
      expect(await engine.store.find(mine, rule.id)).toStrictEqual(changed);
    });

    it('does not let the time of change go back when a slower writer comes last', async () => {
      const rule = await create(mine);
      const earlier = { updatedAtMs: rule.updatedAtMs - 1000 };
      await engine.store.change(mine, rule.id, (stored) => ({ ...stored, ...earlier }));
      expect(await engine.store.find(mine, rule.id)).toMatchObject({ updatedAtMs: rule.updatedAtMs });
    });

    it('loses none of the changes that come at once', async () => {
      const rule = await create(mine, { labels: {} });
      const teams = ['a', 'b', 'c', 'd', 'e'];
      await Promise.all(
        teams.map((team) =>
          engine.store.change(mine, rule.id, (stored) => ({
            ...stored,
            labels: { ...stored.labels, [team]: 'yes' },
          })),
        ),
      );
      expect(Object.keys((await engine.store.find(mine, rule.id))?.labels ?? {}).sort()).toEqual(teams);
    });

    it('leaves a rule as it is, and free for others, where what it would become is refused', async () => {
      const rule = await create(mine);
      const refused = engine.store.change(mine, rule.id, () => {
        throw new Error('refused');
      });
      await expect(refused).rejects.toThrow('refused');
      const change = await engine.store.change(mine, rule.id, (stored) => ({ ...stored, name: 'next' }));
      expect(change?.before).toStrictEqual(rule);
    });

    it('behaves as if rules of another project were not there', async () => {
      const rule = await create(theirs);
      expect(await engine.store.find(mine, rule.id)).toBeUndefined();
      expect(await engine.store.change(mine, rule.id, () => ({ ...rule, name: 'taken' }))).toBeUndefined();
      expect(await engine.store.delete(mine, rule.id)).toBe(false);
      expect(await engine.store.list(mine, { limit: 10 })).toMatchObject({ items: [], total: 0 });
      expect(await engine.store.listEnabled(mine, rule.intervalSeconds)).toEqual([]);
      expect(await engine.store.find(theirs, rule.id)).toStrictEqual(rule);
    });

    it('takes no more than the most, of many at once too', async () => {
      await expectLimitHolds(
        MOST,
        () => engine.newScope(),
        (scope) => engine.store.create(scope, ruleOf(scope), MOST),
        async (scope) => (await engine.store.list(scope, { limit: 1 })).total,
      );
    });

    it('deletes once', async () => {
      const rule = await create(mine);
      expect(await engine.store.delete(mine, rule.id)).toBe(true);
      expect(await engine.store.delete(mine, rule.id)).toBe(false);
    });

    it('gives the evaluation the enabled rules of one interval', async () => {
      const due = [await create(mine, { intervalSeconds: 10 }), await create(mine, { intervalSeconds: 10 })];
      await create(mine, { intervalSeconds: 10, enabled: false });
      await create(mine, { intervalSeconds: 60 });
      await create(theirs, { intervalSeconds: 10 });
      const enabled = await engine.store.listEnabled(mine, 10);
      expect(enabled.map((rule) => rule.id).sort()).toEqual(due.map((rule) => rule.id).sort());
    });

    it('lists the rules in order of creation, page by page', async () => {
      for (const createdAtMs of [3, 1, 2, 1, 1]) await create(mine, { createdAtMs });
      const listed = await readAllPages(2, (page) => engine.store.list(mine, page));
      expect(listed.map((rule) => rule.createdAtMs)).toEqual([1, 1, 1, 2, 3]);
      expect(new Set(listed.map((rule) => rule.id)).size).toBe(5);
      await expectMalformedCursorRefused((page) => engine.store.list(mine, page));
    });

    it('keeps text that the engine cannot hold readable instead of failing', async () => {
      const rule = await create(mine, { name: 'a\0b', labels: { x: '\ud800' } });
      expect(await engine.store.find(mine, rule.id)).toMatchObject({
        name: 'a\ufffdb',
        labels: { x: '\ufffd' },
      });
    });

    it('says which project is missing', async () => {
      const nowhere = newScope();
      await expect(create(nowhere)).rejects.toMatchObject({ code: 'OPS_PROJECT_NOT_FOUND' });
    });
  });
}
