import { newScope } from '../../../../test/support/new-scope';
import { ruleOf } from '../../../conformance/src/rule-of';
import type { Rule } from './rule';
import { toTransition } from './to-transition';

const rule = ruleOf(newScope());

describe('toTransition', () => {
  it.each<[string, Rule['labels'], string | undefined]>([
    ['no label', {}, undefined],
    ['the name of a runbook', { runbook: 'db-pool-exhausted', team: 'shop' }, 'db-pool-exhausted'],
    ['something else', { runbook: 'https://wiki.example.org/db pool' }, undefined],
    ['a way out of its folder', { runbook: '../secrets' }, undefined],
  ])('names the runbook where the rule’s label is %s', (_case, labels, runbook) => {
    const change = { kind: 'fired', episodeId: 'episode', sinceMs: 0 } as const;
    expect(toTransition({ ...rule, labels }, {}, change, 1000).runbook).toBe(runbook);
  });
});
