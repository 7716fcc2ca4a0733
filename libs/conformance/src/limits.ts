import type { ProjectScope } from '../../core/src/projects/project-scope';

const AT_ONCE = 20;
/** In the first one the engine may still be connecting, which keeps them apart. */
const ROUNDS = 5;

/** Makes many at once, in a new project each round. `make` is given the number of each, and says whether it was made. */
export async function expectLimitHolds(
  most: number,
  newScope: () => Promise<ProjectScope>,
  make: (scope: ProjectScope, number: number) => Promise<boolean>,
  count: (scope: ProjectScope) => Promise<number>,
): Promise<void> {
  for (let round = 0; round < ROUNDS; round++) {
    const scope = await newScope();
    const made = await Promise.all(Array.from({ length: AT_ONCE }, (_, number) => make(scope, number)));
    expect(made.filter((isMade) => isMade)).toHaveLength(most);
    expect(await count(scope)).toBe(most);
  }
}
