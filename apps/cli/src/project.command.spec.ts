import { Command } from 'commander';
import { addProjectCommands } from './project.command';

function run(...args: string[]): Promise<unknown> {
  const program = new Command('opspilot').exitOverride().configureOutput({ writeErr: () => undefined });
  addProjectCommands(program);
  for (const command of program.commands) command.copyInheritedSettings(program);
  return program.parseAsync(args, { from: 'user' });
}

describe('opspilot create-project and create-api-key', () => {
  it.each([
    ['project', ['create-project', ' ']],
    ['project', ['create-project', 'x'.repeat(201)]],
    ['key', ['create-api-key', 'some-id', '--name', '']],
  ])('make no %s without a name, or with one that no list has room for', async (_what, args) => {
    await expect(run(...args)).rejects.toMatchObject({ code: 'commander.invalidArgument' });
  });
});
