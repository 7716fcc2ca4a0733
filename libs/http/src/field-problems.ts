import type { z } from 'zod';
import type { FieldProblem } from '../../core/src/common/errors';

const MOST_PROBLEMS = 50;

/** What a contract found, field by field. At most 50: a caller mends the first ones first. */
export function toFieldProblems(error: z.ZodError, input: unknown): readonly FieldProblem[] {
  return error.issues.flatMap((issue) => toProblems(issue, input)).slice(0, MOST_PROBLEMS);
}

function toProblems(issue: z.core.$ZodIssue, input: unknown): readonly FieldProblem[] {
  const field = pathOf(issue.path);
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      field: pathOf([...issue.path, key]),
      reason: 'is not known here; check its spelling',
    }));
  }
  if (issue.code === 'invalid_union' && issue.errors.length > 0) {
    return [{ field, reason: isAbsent(issue.path, input) ? 'is required' : issue.message }];
  }
  const allowed = allowedBy(issue);
  return [
    {
      field,
      reason: issue.code === 'invalid_type' && isAbsent(issue.path, input) ? 'is required' : reasonOf(issue),
      ...(allowed !== undefined && { allowed }),
    },
  ];
}

function reasonOf(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return `must be ${withArticle(issue.expected)}`;
    case 'invalid_value':
      return 'is not one of the allowed values';
    default:
      return issue.message;
  }
}

function allowedBy(issue: z.core.$ZodIssue): string | undefined {
  const stated = issue.code === 'custom' ? issue.params?.['allowed'] : undefined;
  if (typeof stated === 'string') return stated;
  switch (issue.code) {
    case 'invalid_value':
      return issue.values.map(String).join(', ');
    case 'invalid_type':
      return withArticle(issue.expected);
    case 'too_small':
      return `at least ${issue.minimum}${unitOf(issue.origin)}`;
    case 'too_big':
      return `at most ${issue.maximum}${unitOf(issue.origin)}`;
    default:
      return undefined;
  }
}

function unitOf(origin: string): string {
  if (origin === 'string') return ' characters';
  return origin === 'array' || origin === 'set' || origin === 'map' ? ' items' : '';
}

function withArticle(type: string): string {
  if (type === 'int') return 'a whole number';
  return /^[aeiou]/.test(type) ? `an ${type}` : `a ${type}`;
}

function pathOf(path: readonly PropertyKey[]): string {
  if (path.length === 0) return 'body';
  return path.reduce<string>((text, part) => {
    if (typeof part === 'number') return `${text}[${part}]`;
    return text === '' ? String(part) : `${text}.${String(part)}`;
  }, '');
}

function isAbsent(path: readonly PropertyKey[], input: unknown): boolean {
  let value = input;
  for (const part of path) {
    if (typeof value !== 'object' || value === null) return true;
    value = (value as Record<PropertyKey, unknown>)[part];
  }
  return value === undefined;
}
