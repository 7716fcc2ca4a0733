import { parseSearch } from './parse-search';

describe('parseSearch', () => {
  it.each([
    ['', []],
    ['timeout', ['timeout']],
    ['  Connection   refused ', ['Connection', 'refused']],
    ['"connection refused" pool', ['connection refused', 'pool']],
    ['blk_-160899 10.0.0.7:8080', ['blk_-160899', '10.0.0.7:8080']],
    ['"never closed', ['never closed']],
    ['a"b c"d', ['a', 'b c', 'd']],
    ['"" " " -- !?', []],
    ['same same', ['same']],
    ['größe 日本', ['größe', '日本']],
  ])('reads %j', (search, phrases) => {
    expect(parseSearch(search)).toEqual(phrases);
  });
});
