import { MigrationError, planMigrations } from './plan-migrations';

const first = { name: '0001_projects', checksum: 'a' };
const second = { name: '0002_queue', checksum: 'b' };
const third = { name: '0003_logs', checksum: 'c' };

describe('planMigrations', () => {
  it('applies everything to an empty database, in order of number', () => {
    expect(planMigrations([third, first, second], [])).toEqual(['0001_projects', '0002_queue', '0003_logs']);
  });

  it('applies only what is new, and nothing twice', () => {
    expect(planMigrations([first, second, third], [first, second])).toEqual(['0003_logs']);
    expect(planMigrations([first, second], [first, second])).toEqual([]);
  });

  it.each([
    ['an edited file', [first, second], [{ ...first, checksum: 'x' }], /0001_projects was changed/],
    ['a database newer than the code', [first], [first, second], /newer than the code/],
    ['a file numbered below what is applied', [first, second], [second], /give it a higher number/],
    ['two files with one number', [first, { name: '0001_other', checksum: 'z' }], [], /same number/],
  ])('refuses %s in plain words', (_case, files, applied, message) => {
    expect(() => planMigrations(files, applied)).toThrow(MigrationError);
    expect(() => planMigrations(files, applied)).toThrow(message);
  });
});
