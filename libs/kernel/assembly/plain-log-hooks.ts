/** What the caller of the module decides: rare, and written in another language than the rest. Addresses are of bytes in its memory. */

/** Whether the inside of a JSON string holds a secret. */
export declare function secretInText(start: usize, end: usize): bool;

/** Whether a field of that name holds one. */
export declare function secretKey(start: usize, end: usize): bool;

/** The rank of the level with that name; -1 where there is none. */
export declare function rankOfLevel(start: usize, end: usize): i32;

/** Resolves a timestamp that is not canonical, or missing (0, 0), with `setInstant`. False where something is to be noted about it. */
export declare function resolveInstant(start: usize, end: usize): bool;
