import { randomUUID } from 'node:crypto';
import type { EvaluationCursorStore } from '../../core/src/alerting/evaluation-cursor-store.port';
import type { StoredRuleState, Transition } from '../../core/src/alerting/rule-state';
import type { RuleStateStore } from '../../core/src/alerting/rule-state-store.port';
import type { RuleStore } from '../../core/src/alerting/rule-store.port';
import { asId, type IncidentId, type RuleId, type TimelineEventId } from '../../core/src/common/ids';
import type { IncidentStore } from '../../core/src/incidents/incident-store.port';
import type { ProjectScope } from '../../core/src/projects/project-scope';
import type { CatalogEngine } from './catalog-engine';
import { ruleOf, transitionOf } from './rule-of';

const T0 = 1_700_000_000_000;
const DAY_MS = 86_400_000;

/**
 * What every RuleStateStore promises. `rules` is where the rules of the states live, `cursors` where instants are claimed, `incidents`
 * what tells of transitions.
 */
export function ruleStateStoreConformance(
  name: string,
  start: () => Promise<
    CatalogEngine<RuleStateStore> & {
      readonly rules: RuleStore;
      readonly cursors: EvaluationCursorStore;
      readonly incidents: IncidentStore;
    }
  >,
): void {
  describe(`RuleStateStore on ${name}`, () => {
    let engine: Awaited<ReturnType<typeof start>>;
    let mine: ProjectScope;
    let ruleId: RuleId;

    beforeAll(async () => {
      engine = await start();
    });
    beforeEach(async () => {
      mine = await engine.newScope();
      ruleId = await newRule(mine);
    });
    afterAll(() => engine.end());

    const newRule = async (scope: ProjectScope): Promise<RuleId> => {
      const rule = ruleOf(scope);
      await engine.rules.create(scope, rule, 10);
      return rule.id;
    };
    const pending = (evaluatedAtMs: number, change: Partial<StoredRuleState> = {}): StoredRuleState => ({
      ruleId,
      labels: {},
      state: { phase: 'pending', sinceMs: T0 },
      evaluatedAtMs,
      value: 1.5,
      ...change,
    });
    const firing = (evaluatedAtMs: number, change: Partial<StoredRuleState> = {}): StoredRuleState =>
      pending(evaluatedAtMs, { state: { phase: 'firing', sinceMs: T0, episodeId: 'e1' }, ...change });
    const fired = (evaluatedAtMs: number, change: Partial<Transition> = {}): Transition =>
      transitionOf(mine, { ruleId, labels: {}, episodeId: 'e1', evaluatedAtMs, ...change });
    const save = (
      states: readonly StoredRuleState[],
      transitions: readonly Transition[] = [],
    ): Promise<void> => engine.store.save(mine, states[0]?.evaluatedAtMs ?? 0, states, transitions);

    it('gives back states of every shape as they were saved', async () => {
      const states: StoredRuleState[] = [
        { ruleId, labels: { service_name: 'a' }, state: { phase: 'inactive' }, evaluatedAtMs: T0 },
        pending(T0, { labels: { service_name: 'b', zone: '☂ "x"' }, value: -0.1 }),
        firing(T0, { labels: { service_name: 'c' }, value: Infinity }),
        firing(T0, {
          labels: {},
          state: { phase: 'firing', sinceMs: T0, episodeId: 'e', clearSinceMs: T0 + 1 },
        }),
      ];
      await save(states);
      const loaded = await engine.store.load(mine, [ruleId]);
      expect(loaded).toHaveLength(4);
      expect(loaded).toEqual(expect.arrayContaining(states));
    });

    it('takes the same labels in another order for the same alert', async () => {
      await save([pending(T0, { labels: { a: '1', b: '2' } })]);
      await save([firing(T0 + 1, { labels: { b: '2', a: '1' } })]);
      expect(await engine.store.load(mine, [ruleId])).toEqual([
        firing(T0 + 1, { labels: { a: '1', b: '2' } }),
      ]);
    });

    it('leaves a state alone whose evaluation is as late or later', async () => {
      await save([firing(T0 + 10)]);
      await save([pending(T0 + 10)]);
      await save([pending(T0)]);
      expect(await engine.store.load(mine, [ruleId])).toEqual([firing(T0 + 10)]);
      await save([pending(T0 + 11)]);
      expect(await engine.store.load(mine, [ruleId])).toEqual([pending(T0 + 11)]);
    });

    it('saves transitions only together with a state that won', async () => {
      await save([firing(T0)], [fired(T0)]);
      await save([firing(T0)], [fired(T0, { episodeId: 'loser' })]);
      await save([pending(T0 - 5)], [fired(T0 - 5, { episodeId: 'late' })]);
      expect(await engine.store.transitionsAt(mine, T0, [ruleId])).toStrictEqual([fired(T0)]);
      expect(await engine.store.transitionsAt(mine, T0 - 5, [ruleId])).toEqual([]);
    });

    it('judges each label set by itself within one save', async () => {
      const [a, b] = [{ service_name: 'a' }, { service_name: 'b' }];
      await save([firing(T0, { labels: a })], [fired(T0, { labels: a })]);
      const retry = [firing(T0, { labels: a }), firing(T0, { labels: b })];
      await save(retry, [fired(T0, { labels: a, episodeId: 'loser' }), fired(T0, { labels: b })]);
      const saved = await engine.store.transitionsAt(mine, T0, [ruleId]);
      expect(saved).toHaveLength(2);
      expect(saved).toEqual(expect.arrayContaining([fired(T0, { labels: a }), fired(T0, { labels: b })]));
    });

    it('announces a transition once, whatever is told later', async () => {
      await save([firing(T0)], [fired(T0)]);
      await save([firing(T0 + 1)], [fired(T0 + 1)]);
      await save([pending(T0 + 2)], [fired(T0 + 2, { kind: 'resolved' })]);
      expect(await engine.store.transitionsAt(mine, T0 + 1, [ruleId])).toEqual([]);
      expect(await engine.store.transitionsAt(mine, T0 + 2, [ruleId])).toMatchObject([{ kind: 'resolved' }]);
    });

    it('returns the transitions of exactly the instant and the rules that are asked for', async () => {
      const other = await newRule(mine);
      await save([firing(T0), firing(T0, { ruleId: other })], [fired(T0), fired(T0, { ruleId: other })]);
      expect(await engine.store.transitionsAt(mine, T0, [ruleId])).toStrictEqual([fired(T0)]);
      expect(await engine.store.transitionsAt(mine, T0, [ruleId, other])).toHaveLength(2);
      expect(await engine.store.transitionsAt(mine, T0 + 1, [ruleId, other])).toEqual([]);
      expect(await engine.store.transitionsAt(mine, T0, [])).toEqual([]);
    });

    it('lets exactly one of many racing evaluations of an instant win, with its own transitions', async () => {
      await Promise.all(
        Array.from({ length: 20 }, (_, index) =>
          save(
            [firing(T0, { value: index }), firing(T0, { labels: { x: '1' }, value: index })],
            [fired(T0, { episodeId: `e${index}`, value: index })],
          ),
        ),
      );
      const states = await engine.store.load(mine, [ruleId]);
      const transitions = await engine.store.transitionsAt(mine, T0, [ruleId]);
      expect(states).toHaveLength(2);
      expect(transitions.map((transition) => transition.value)).toEqual([states[0]?.value]);
      expect(states[0]?.value).toBe(states[1]?.value);
    });

    it('loses the states of a rule with the rule, and saves nothing for a rule that is gone', async () => {
      const gone = await newRule(mine);
      await save([firing(T0, { ruleId: gone })], [fired(T0, { ruleId: gone })]);
      await engine.rules.delete(mine, gone);
      await save(
        [firing(T0 + 1, { ruleId: gone }), firing(T0 + 1)],
        [fired(T0 + 1, { ruleId: gone }), fired(T0 + 1)],
      );
      expect(await engine.store.load(mine, [gone, ruleId])).toEqual([firing(T0 + 1)]);
      expect(await engine.store.transitionsAt(mine, T0, [gone])).toEqual([]);
      expect(await engine.store.transitionsAt(mine, T0 + 1, [gone, ruleId])).toEqual([fired(T0 + 1)]);
    });

    it('saves nothing for a rule that was disabled meanwhile, and keeps what it had', async () => {
      const rule = ruleOf(mine);
      await engine.rules.create(mine, rule, 10);
      await save([firing(T0, { ruleId: rule.id })], [fired(T0, { ruleId: rule.id })]);
      await engine.rules.change(mine, rule.id, (stored) => ({ ...stored, enabled: false }));
      await save(
        [pending(T0 + 1, { ruleId: rule.id })],
        [fired(T0 + 1, { ruleId: rule.id, kind: 'resolved' })],
      );
      expect(await engine.store.load(mine, [rule.id])).toEqual([firing(T0, { ruleId: rule.id })]);
      expect(await engine.store.transitionsAt(mine, T0 + 1, [rule.id])).toEqual([]);
      expect(await engine.store.transitionsAt(mine, T0, [rule.id])).toHaveLength(1);
    });

    it('clears the states of one rule up to an instant', async () => {
      const other = await newRule(mine);
      const theirs = await engine.newScope();
      await save([firing(T0), firing(T0, { ruleId: other })]);
      await save([firing(T0 + 10, { labels: { service_name: 'later' } })]);
      await engine.store.clear(theirs, ruleId, T0 + 10);
      expect(await engine.store.load(mine, [ruleId, other])).toHaveLength(3);
      await engine.store.clear(mine, ruleId, T0);
      expect(await engine.store.load(mine, [ruleId])).toMatchObject([{ evaluatedAtMs: T0 + 10 }]);
      await engine.store.clear(mine, ruleId, T0 + 10);
      expect(await engine.store.load(mine, [ruleId, other])).toEqual([firing(T0, { ruleId: other })]);
    });

    it('neither shows nor writes states of another project', async () => {
      const theirs = await engine.newScope();
      await save([firing(T0)], [fired(T0)]);
      expect(await engine.store.load(theirs, [ruleId])).toEqual([]);
      expect(await engine.store.transitionsAt(theirs, T0, [ruleId])).toEqual([]);
      await engine.store.save(theirs, T0 + 1, [pending(T0 + 1)], []);
      expect(await engine.store.load(theirs, [ruleId])).toEqual([]);
      expect(await engine.store.load(mine, [ruleId])).toEqual([firing(T0)]);
    });

    it('forgets transitions and idle label sets after a week, and nothing that still fires', async () => {
      const idle: Partial<StoredRuleState> = {
        labels: { service_name: 'idle' },
        state: { phase: 'inactive' },
      };
      const silent = firing(T0, { labels: { service_name: 'silent' } });
      await save([pending(T0, idle), silent, firing(T0)], [fired(T0)]);
      await save([pending(T0 + 6 * DAY_MS)]);
      expect(await engine.store.load(mine, [ruleId])).toHaveLength(3);
      expect(await engine.store.transitionsAt(mine, T0, [ruleId])).toHaveLength(1);
      const later = pending(T0 + 8 * DAY_MS);
      await save([later]);
      const kept = await engine.store.load(mine, [ruleId]);
      expect(kept).toHaveLength(2);
      expect(kept).toEqual(expect.arrayContaining([silent, later]));
      expect(await engine.store.transitionsAt(mine, T0, [ruleId])).toEqual([]);
    });

    it('forgets nothing of another project', async () => {
      const theirs = await engine.newScope();
      const theirRule = { ruleId: await newRule(theirs) };
      const idle = pending(T0, { ...theirRule, state: { phase: 'inactive' } });
      const transition = transitionOf(theirs, { ...theirRule, labels: {}, evaluatedAtMs: T0 });
      await engine.store.save(theirs, T0, [idle], [transition]);
      await save([pending(T0 + 8 * DAY_MS)]);
      expect(await engine.store.load(theirs, [theirRule.ruleId])).toEqual([idle]);
      expect(await engine.store.transitionsAt(theirs, T0, [theirRule.ruleId])).toHaveLength(1);
    });

    describe('at a requested instant', () => {
      const saveRequested = (evaluatedAtMs: number): Promise<boolean> =>
        engine.store.saveRequested(
          mine,
          60,
          evaluatedAtMs,
          [firing(evaluatedAtMs)],
          [fired(evaluatedAtMs, { episodeId: `e${evaluatedAtMs}` })],
        );

      it('saves states and transitions under its claim, once', async () => {
        await engine.cursors.claim(mine, 60, T0);
        expect(await saveRequested(T0)).toBe(true);
        expect(await saveRequested(T0)).toBe(true);
        expect(await engine.store.load(mine, [ruleId])).toEqual([firing(T0)]);
        expect(await engine.store.transitionsAt(mine, T0, [ruleId])).toHaveLength(1);
      });

      it('saves nothing once a later instant of the interval is claimed', async () => {
        await engine.cursors.claim(mine, 60, T0);
        await engine.cursors.claim(mine, 60, T0 + 1);
        await engine.cursors.claim(mine, 60, T0);
        expect(await saveRequested(T0)).toBe(false);
        expect(await engine.store.load(mine, [ruleId])).toEqual([]);
        expect(await engine.store.transitionsAt(mine, T0, [ruleId])).toEqual([]);
      });

      it('saves nothing without a claim, and minds no claim of another interval or project', async () => {
        expect(await saveRequested(T0)).toBe(false);
        const theirs = await engine.newScope();
        await engine.cursors.claim(mine, 60, T0);
        await engine.cursors.claim(mine, 300, T0 + 1);
        await engine.cursors.claim(theirs, 60, T0 + 1);
        expect(await saveRequested(T0)).toBe(true);
      });

      it('is seen by whoever claims a later instant and then reads, or is not saved', async () => {
        for (let round = 0; round < 30; round++) {
          const atMs = T0 + round * 10;
          await engine.cursors.claim(mine, 60, atMs);
          const later = async () => {
            await engine.cursors.claim(mine, 60, atMs + 1);
            return engine.store.load(mine, [ruleId]);
          };
          const [isSaved, states] = await Promise.all([saveRequested(atMs), later()]);
          expect(states.some(({ evaluatedAtMs }) => evaluatedAtMs === atMs)).toBe(isSaved);
        }
      });
    });

    it('returns the transitions after one instant and up to another, in order of time', async () => {
      for (const atMs of [1, 2, 3, 4].map((after) => T0 + after))
        await save([firing(atMs)], [fired(atMs, { episodeId: `e${atMs}` })]);
      const between = await engine.store.transitionsBetween(mine, T0 + 1, T0 + 3, [ruleId]);
      expect(between.map(({ evaluatedAtMs }) => evaluatedAtMs - T0)).toEqual([2, 3]);
      expect(await engine.store.transitionsBetween(mine, T0 + 4, T0 + 9, [ruleId])).toEqual([]);
      expect(await engine.store.transitionsBetween(mine, T0, T0 + 9, [])).toEqual([]);
      const theirs = await engine.newScope();
      expect(await engine.store.transitionsBetween(theirs, T0, T0 + 9, [ruleId])).toEqual([]);
    });

    it('saves nothing where there is nothing to save', async () => {
      await engine.store.save(mine, T0, [], [fired(T0)]);
      expect(await engine.store.transitionsAt(mine, T0, [ruleId])).toEqual([]);
    });

    describe('undelivered', () => {
      const all = (throughMs = T0 + 10) => engine.store.undelivered(mine, throughMs, 10);
      const resolved = (atMs: number) => fired(atMs, { kind: 'resolved' });
      const open = async (transition: Transition): Promise<IncidentId> => {
        const id = asId<IncidentId>(randomUUID());
        return (await engine.incidents.openOrJoin(mine, transition, id)).incident.id;
      };
      const tellEnd = (id: IncidentId, transition: Transition) =>
        engine.incidents.append(mine, id, [
          {
            id: asId<TimelineEventId>(randomUUID()),
            atMs: transition.evaluatedAtMs,
            actor: { kind: 'opspilot' },
            body: { kind: 'alert_resolved', transition },
          },
        ]);

      const resolve = (id: IncidentId) =>
        engine.incidents.append(mine, id, [
          {
            id: asId<TimelineEventId>(randomUUID()),
            atMs: T0,
            actor: { kind: 'person', name: 'ann' },
            body: { kind: 'resolved' },
          },
        ]);

      it('gives what no incident tells of, the oldest first, up to the instant, no more than asked for', async () => {
        await save([firing(T0)], [fired(T0)]);
        await save([pending(T0 + 1)], [resolved(T0 + 1)]);
        expect(await all()).toEqual([fired(T0), resolved(T0 + 1)]);
        expect(await all(T0)).toEqual([fired(T0)]);
        expect(await all(T0 - 1)).toEqual([]);
        expect(await engine.store.undelivered(mine, T0 + 10, 1)).toEqual([fired(T0)]);
        expect(await engine.store.undelivered(await engine.newScope(), T0 + 10, 10)).toEqual([]);
      });

      it('leaves out what an incident tells of: that an alert fired, and that it is over', async () => {
        await save([firing(T0)], [fired(T0)]);
        const id = await open(fired(T0));
        expect(await all()).toEqual([]);
        await save([pending(T0 + 1)], [resolved(T0 + 1)]);
        expect(await all()).toEqual([resolved(T0 + 1)]);
        await tellEnd(id, resolved(T0 + 1));
        expect(await all()).toEqual([]);
      });

      it('takes an alert of another rule or of other labels for none of the same episode', async () => {
        await save([firing(T0)], [fired(T0)]);
        await open(fired(T0, { labels: { service_name: 'other' } }));
        expect(await all()).toEqual([fired(T0)]);
      });

      it('tells of no alert again because its incident was to be deleted: that waits for as long as it is kept, or fires', async () => {
        const deleted = () => engine.incidents.deleteBefore(mine, T0 + 30 * DAY_MS);
        await save([firing(T0)], [fired(T0)]);
        await resolve(await open(fired(T0)));
        expect(await deleted()).toBe(0);
        // Its transition is forgotten, and it still fires.
        await save([firing(T0 + 8 * DAY_MS)]);
        expect(await deleted()).toBe(0);
        const end = resolved(T0 + 9 * DAY_MS);
        await save([pending(end.evaluatedAtMs)], [end]);
        expect(await deleted()).toBe(0);
        await save([pending(T0 + 17 * DAY_MS)]);
        expect(await deleted()).toBe(1);
        expect(await all(T0 + 20 * DAY_MS)).toEqual([]);
      });

      it('leaves out the end of an alert whose incident is resolved, or whose firing nobody knows any more', async () => {
        await save([firing(T0)], [fired(T0)]);
        const id = await open(fired(T0));
        await resolve(id);
        const unknown = fired(T0 + 1, { episodeId: 'unknown', kind: 'resolved' });
        await save([pending(T0 + 1)], [resolved(T0 + 1), unknown]);
        expect(await all()).toEqual([]);
      });
    });
  });
}
