/** What the caller of the module bulk-lines decides: rare, and written in another language than the rest. */

/**
 * Writes what an action begins with for a record of that day that was received on that one, days since 1970, to `actionAddress`; how many bytes that are.
 */
export declare function writeAction(timestampDay: i32, receivedDay: i32): i32;

/** Writes the words of the JSON string whose inside that is; how many bytes they are, -1 where it is no JSON. */
export declare function wordsOfText(start: usize, end: usize, target: usize): i32;
