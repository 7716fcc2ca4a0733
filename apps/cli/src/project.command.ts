import { randomUUID } from 'node:crypto';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { asId, isUuid, type ProjectId } from '../../../libs/core/src/common/ids';
import { systemClock } from '../../../libs/core/src/common/clock';
import { API_KEY_PERMISSIONS, type ApiKeyPermission } from '../../../libs/core/src/projects/api-key';
import { scopeOfProject } from '../../../libs/core/src/projects/project-scope';
import { issueApiKey } from '../../../libs/http/src/issue-api-key';
import { type Catalog, withCatalog } from './with-catalog';

/** As the API bounds the names that it is given. */
const MAX_NAME = 200;

/** Projects and their keys are made on the database itself: no key can make another project. */
export function addProjectCommands(program: Command): void {
  program
    .command('create-project')
    .description(
      'create a project and an admin key for it; prints JSON with project_id and api_key, shown this once',
    )
    .argument('<name>', 'what people call it', toName)
    .action((name: string) =>
      withCatalog(async (catalog) => {
        const id = asId<ProjectId>(randomUUID());
        await catalog.projects.create({ id, name, createdAtMs: systemClock.now() });
        print({ project_id: id, api_key: await createKey(catalog, id, 'create-project', ['admin']) });
      }),
    );
  program
    .command('create-api-key <project-id>')
    .description('create a key for a project; prints JSON with api_key, shown this once')
    .option('--name <name>', 'what people see in the list of keys', toName, 'cli')
    .addOption(
      new Option('--permission <permission...>', 'what it may do')
        .choices(API_KEY_PERMISSIONS)
        .default(['ingest', 'read']),
    )
    .action((projectId: string, options: { name: string; permission: ApiKeyPermission[] }) =>
      withCatalog(async (catalog) => {
        const id = asId<ProjectId>(projectId);
        const project = isUuid(projectId) ? await catalog.projects.find(id) : undefined;
        if (project === undefined) throw new Error(`there is no project ${projectId}`);
        print({ project_id: id, api_key: await createKey(catalog, id, options.name, options.permission) });
      }),
    );
}

async function createKey(
  { apiKeys }: Catalog,
  projectId: ProjectId,
  name: string,
  permissions: readonly ApiKeyPermission[],
): Promise<string> {
  const { key, secret, secretHash } = issueApiKey({ projectId, name, permissions, nowMs: systemClock.now() });
  await apiKeys.create(scopeOfProject(projectId), key, secretHash);
  return secret;
}

function print(value: object): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

function toName(text: string): string {
  const name = text.trim();
  if (name === '' || name.length > MAX_NAME)
    throw new InvalidArgumentError(`it must have 1 to ${MAX_NAME} characters`);
  return name;
}
