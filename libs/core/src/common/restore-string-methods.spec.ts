import { setFlagsFromString } from 'node:v8';
import { restoreStringMethods } from './restore-string-methods';

setFlagsFromString('--allow-natives-syntax');
// Only known to V8's parser while the flag is set.
const hasFastMethods = new Function('return %HasFastProperties(String.prototype)') as () => boolean;
setFlagsFromString('--no-allow-natives-syntax');

describe('restoreStringMethods', () => {
  it('undoes what a class that extends String does to all strings', () => {
    expect(
      new (class Text extends String {
        override toString() {
          return `text ${super.toString()}`;
        }
      })('1').toString(),
    ).toBe('text 1');
    expect(hasFastMethods()).toBe(false);
    restoreStringMethods();
    expect(hasFastMethods()).toBe(true);
  });
});
