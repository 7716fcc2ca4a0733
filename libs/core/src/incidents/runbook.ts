import { type ObjectKey, toObjectKey } from '../common/object-key';

export const RUNBOOKS_FOLDER = 'runbooks';
export const RUNBOOK_NAME_ALLOWED =
  '1 to 100 lower-case letters, digits, dots, hyphens and underscores, beginning with a letter or digit, no two dots in a row, such as db-pool-exhausted';

const ENDING = '.md';

/** Where a runbook is kept; undefined for what is no name of one. */
export function runbookKey(name: string): ObjectKey | undefined {
  return name.includes('/') ? undefined : toObjectKey(`${RUNBOOKS_FOLDER}/${name}${ENDING}`);
}

/** The name of the runbook that is kept there; undefined where something else is. */
export function runbookName(key: ObjectKey): string | undefined {
  const name = key.slice(RUNBOOKS_FOLDER.length + 1, -ENDING.length);
  return runbookKey(name) === key ? name : undefined;
}
