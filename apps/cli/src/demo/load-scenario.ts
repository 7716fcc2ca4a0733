import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { parse } from 'yaml';
import type { z } from 'zod';
import { type Scenario, scenarioSchema, type Shop, shopSchema } from './scenario.schema';

const FOLDER = path.join('apps', 'cli', 'scenarios');

export interface LoadedScenario {
  readonly scenario: Scenario;
  readonly shop: Shop;
}

/** A shipped scenario by name, or anybody's by path. Errors: a sentence that lists the names, or the fields that are wrong. */
export async function loadScenario(nameOrFile: string): Promise<LoadedScenario> {
  const folder = scenarioFolder(__dirname);
  const shipped = path.join(folder, `${nameOrFile}.yaml`);
  const file = existsSync(shipped) ? shipped : path.resolve(nameOrFile);
  if (!existsSync(file)) {
    throw new Error(`there is no scenario ${nameOrFile}; there are ${(await scenarioNames()).join(', ')}`);
  }
  const name = path.basename(file, path.extname(file));
  const scenario = { ...(await read(file, scenarioSchema)), name };
  const shop = await read(path.resolve(path.dirname(file), scenario.shop), shopSchema);
  checkNames(scenario, shop);
  return { scenario, shop };
}

export async function scenarioNames(): Promise<readonly string[]> {
  const files = await readdir(scenarioFolder(__dirname));
  return files
    .flatMap((file) => (file.endsWith('.yaml') && file !== 'shop.yaml' ? [file.slice(0, -5)] : []))
    .sort();
}

async function read<Schema extends z.ZodType>(file: string, schema: Schema): Promise<z.output<Schema>> {
  const result = schema.safeParse(parse(await readFile(file, 'utf8')));
  if (result.success) return result.data;
  const problems = result.error.issues.map((issue) => `  ${issue.path.join('.')}: ${issue.message}`);
  throw new Error(`${file} is not a scenario:\n${problems.join('\n')}`);
}

/** A misspelt service would play an outage that nobody notices. */
function checkNames(scenario: Scenario, shop: Shop): void {
  const known = new Set(shop.metrics.map(({ service, metric }) => `${service} ${metric}`));
  const unknown = scenario.fault.metrics.filter(({ service, metric }) => !known.has(`${service} ${metric}`));
  const services = new Set(shop.services);
  const strangers = [
    ...scenario.fault.events,
    ...scenario.earlier_events,
    ...scenario.fault.flows.flatMap((flow) => flow.steps),
  ]
    .map(({ service }) => service)
    .filter((service) => !services.has(service));
  const stops = scenario.fault.stop_flows.filter(
    ({ name }) => !shop.flows.some((flow) => flow.name === name),
  );
  const wrong = [
    ...unknown.map(({ service, metric }) => `${service} ${metric}`),
    ...strangers,
    ...stops.map(({ name }) => name),
  ];
  if (wrong.length > 0)
    throw new Error(`scenario ${scenario.name} names what its shop does not have: ${wrong.join(', ')}`);
}

/** Sources and dist/ lie at different depths below the repository's root. */
function scenarioFolder(start: string): string {
  for (let folder = start; ; folder = path.dirname(folder)) {
    const candidate = path.join(folder, FOLDER);
    if (existsSync(path.join(candidate, 'shop.yaml'))) return candidate;
    if (folder === path.dirname(folder)) throw new Error(`there is no folder ${FOLDER} above ${start}`);
  }
}
