import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { parseModelSummary } from './model-summary.message';

/** Of what takes milliseconds where it ends at all. */
const DEADLINE_MS = 20_000;
const claim = { text: 'db_connections rose.', cites: ['E201'] };
const json = JSON.stringify([claim]);

describe('parseModelSummary', () => {
  it.each([
    ['a bare array', json],
    ['an array in a fence', `\`\`\`json\n${json}\n\`\`\``],
    ['an array with space around it', `\n ${json} \n`],
  ])('takes %s', (_what, answer) => {
    expect(parseModelSummary(answer)).toEqual([claim]);
  });

  it.each([
    ['prose', 'The cause is the deploy.'],
    ['prose around the array', `Here you are: ${json}`],
    ['an object', JSON.stringify(claim)],
    ['an empty array', '[]'],
    ['a claim without citations field', JSON.stringify([{ text: 'x' }])],
    ['a claim with more than asked for', JSON.stringify([{ ...claim, rank: 1 }])],
    ['an empty sentence', JSON.stringify([{ text: ' ', cites: [] }])],
    ['a flood of sentences', JSON.stringify(Array(11).fill(claim))],
    ['nothing', ''],
  ])('takes no %s', (_what, answer) => {
    expect(parseModelSummary(answer)).toBeUndefined();
  });

  it('is done with a fence of a megabyte that never closes', () => {
    const answer = `\`\`\`${'\n'.repeat(1_000_000)}x`;
    const read = () =>
      runInNewContext('parse(answer)', { parse: parseModelSummary, answer }, { timeout: DEADLINE_MS });
    expect(read()).toBeUndefined();
  });

  it('never throws', () => {
    fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), (answer) => void parseModelSummary(answer)));
  });
});
