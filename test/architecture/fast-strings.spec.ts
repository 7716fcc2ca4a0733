import { setFlagsFromString } from 'node:v8';
import '../../apps/opspilot/src/opspilot.module';
import '../../libs/runtime/src/run-role';

setFlagsFromString('--allow-natives-syntax');
const hasFastStringMethods = new Function('return %HasFastProperties(String.prototype)') as () => boolean;
setFlagsFromString('--no-allow-natives-syntax');

describe('the code that roles load', () => {
  it('leaves the methods of strings fast: see restore-string-methods.ts', () => {
    expect(hasFastStringMethods()).toBe(true);
  });
});
