const TURNS = 1000;

/**
 * To be called after loading code that declares a class which `extends String`. V8 (of Node 20 at least) then keeps String.prototype as a
 * dictionary, and optimised code looks up every `charCodeAt` and `slice` by name, which makes reading text 1.7 times as slow in the
 * whole process. Reading a method of a boxed string makes it fast again; reading those of ordinary strings does not.
 */
export function restoreStringMethods(): void {
  const boxed = Object('x') as string;
  // V8 only does it once it has begun to take notes on this code.
  for (let turn = 0; turn < TURNS; turn++) boxed.charCodeAt(0);
}
