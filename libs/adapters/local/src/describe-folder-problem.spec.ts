import { describeFolderProblem } from './describe-folder-problem';

it.each([
  ['ENOSPC', /disk .* is full/],
  ['EDQUOT', /disk .* is full/],
  ['EROFS', /may not be read or written/],
  ['EACCES', /may not be read or written/],
  ['EPERM', /may not be read or written/],
  ['EMFILE', /may open no more files/],
  ['ENOTDIR', /cannot be read or written/],
  ['', /cannot be read or written/],
])('says in plain words what %s is', (code, words) => {
  expect(describeFolderProblem(code)).toMatch(words);
});
