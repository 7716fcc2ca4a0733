import { rm } from 'node:fs/promises';
import { started } from './start-engines';

export default async function stopEngines(): Promise<void> {
  await started.stop?.();
  if (started.folder !== undefined) await rm(started.folder, { recursive: true, force: true });
  started.stop = undefined;
  started.folder = undefined;
}
