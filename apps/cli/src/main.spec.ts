import { packageVersion } from '../../../libs/runtime/src/package-version';
import { main } from './main';

const given = process.argv;

afterEach(() => {
  process.argv = given;
  process.exitCode = undefined;
  jest.restoreAllMocks();
});

describe('opspilot', () => {
  it('says its version, which is asked for in every report of a fault, and is done', async () => {
    let said = '';
    jest.spyOn(process.stdout, 'write').mockImplementation((text) => {
      said += String(text);
      return true;
    });
    process.argv = ['node', 'opspilot', '--version'];
    await main();
    expect(said).toBe(`${packageVersion()}\n`);
    expect(process.exitCode).toBe(0);
  });
});
