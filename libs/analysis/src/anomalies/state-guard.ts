/** Tells whether a value that came from outside has the shape of a state. */
export type Guard<T> = (value: unknown) => value is T;

/** Finite: JSON knows no others. */
export function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}

export function isBoolean(value: unknown): value is boolean {
  return typeof value === 'boolean';
}

/** A number of things: whole and not negative. */
export function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

export function orNull<T>(guard: Guard<T>): Guard<T | null> {
  return (value): value is T | null => value === null || guard(value);
}

/** @param most entries: a state has a bound, and so has what is read back as one */
export function listOf<T>(guard: Guard<T>, most: number): Guard<readonly T[]> {
  return (value): value is readonly T[] => Array.isArray(value) && value.length <= most && value.every(guard);
}

/** An object with these fields; others are not looked at. */
export function recordOf<T extends object>(fields: { readonly [Key in keyof T]: Guard<T[Key]> }): Guard<T> {
  const guards = Object.entries<Guard<unknown>>(fields);
  return (value): value is T =>
    typeof value === 'object' &&
    value !== null &&
    guards.every(([key, guard]) => guard((value as Record<string, unknown>)[key]));
}

/** Merges what lies at the same place of two lists of states. */
export function mergeEach<State>(
  earlier: readonly State[],
  later: readonly State[],
  merge: (earlier: State, later: State, index: number) => State,
): readonly State[] {
  return later.map((state, index) => {
    const before = earlier[index];
    return before === undefined ? state : merge(before, state, index);
  });
}
