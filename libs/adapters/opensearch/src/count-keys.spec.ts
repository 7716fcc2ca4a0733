import fc from 'fast-check';
import { asId, type ProjectId } from '../../../core/src/common/ids';
import { LOG_LEVELS } from '../../../core/src/logs/log-level';
import { countKey, SLOT_SECONDS } from './count-keys';

const project = fc.uuid().map((id) => asId<ProjectId>(id));
const level = fc.constantFrom(...LOG_LEVELS);
const second = fc.integer({ min: 0, max: 86_399 });

describe('countKey', () => {
  it('is a number that a double holds', () => {
    fc.assert(
      fc.property(project, level, second, (id, name, at) => {
        const key = countKey(id, name, at);
        expect(Number.isSafeInteger(key)).toBe(true);
      }),
    );
  });

  it('tells projects, levels and slots apart, and has the slots of a level in a row', () => {
    const [one, other] = fc.sample(project, { numRuns: 2, seed: 1 });
    const keys = [one, other].flatMap((id) =>
      id === undefined
        ? []
        : LOG_LEVELS.flatMap((name) =>
            [0, SLOT_SECONDS - 1, SLOT_SECONDS, 86_399].map(
              (at) => countKey(id, name, at) - countKey(id, name, 0),
            ),
          ),
    );
    expect(new Set(keys)).toEqual(new Set([0, 1, 86_400 / SLOT_SECONDS - 1]));
    const firsts = [one, other].flatMap((id) =>
      id === undefined
        ? []
        : LOG_LEVELS.flatMap((name) => [countKey(id, name, 0), countKey(id, name, 86_399)]),
    );
    expect(new Set(firsts).size).toBe(4 * LOG_LEVELS.length);
  });
});
