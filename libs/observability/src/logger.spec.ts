import { createLogger } from './logger';

function linesOf(write: (logger: ReturnType<typeof createLogger>) => void): Record<string, unknown>[] {
  const lines: Record<string, unknown>[] = [];
  const destination = {
    write: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>),
  };
  write(createLogger({ level: 'info', role: 'test', destination }));
  return lines;
}

describe('createLogger', () => {
  it('masks what is called like a secret, at the top and one level down', () => {
    const [line] = linesOf((logger) =>
      logger.info({ secret: 's3', headers: { 'x-api-key': 'k', host: 'h' } }, 'request done'),
    );
    expect(line).toMatchObject({
      secret: '[redacted]',
      headers: { 'x-api-key': '[redacted]', host: 'h' },
      level: 'info',
      role: 'test',
      msg: 'request done',
    });
  });

  it('writes an error with the errors that caused it', () => {
    const [line] = linesOf((logger) =>
      logger.error({ err: new Error('outer', { cause: new Error('inner') }) }, 'request failed'),
    );
    expect(JSON.stringify(line)).toContain('inner');
  });

  it('leaves out what is below its level', () => {
    expect(linesOf((logger) => logger.debug('quiet'))).toEqual([]);
  });
});
