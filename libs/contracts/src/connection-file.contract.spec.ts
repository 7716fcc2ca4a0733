import { parseConnectionFile } from './connection-file.contract';

describe('parseConnectionFile', () => {
  it('reads what is there, in files of other versions and by other hands too', () => {
    expect(parseConnectionFile('{"url":"http://h:1","api_key":"k","since":1}')).toEqual({
      url: 'http://h:1',
      api_key: 'k',
    });
  });

  it.each(['', '{"url":"http://', 'null', '[]', '"text"', '{"url":1}'])(
    'takes %j for no such file',
    (text) => {
      expect(parseConnectionFile(text)).toBeUndefined();
    },
  );
});
