declare const brand: unique symbol;

/** A string that only its own constructor function can make, so that two kinds of id cannot be swapped. */
export type Brand<Value, Name extends string> = Value & { readonly [brand]: Name };
