import { setFlagsFromString } from 'node:v8';

/**
 * For processes through which many large buffers pass. Those lie outside of V8's heap, but what there is of them counts as growth of the heap
 * since the last slow garbage collection. A heap that may only grow by a quarter, as one may that grows slowly, then is gone through
 * several times a second, and nothing is found (measured: half of an ingest worker's CPU). Now it may grow to four times what is in use;
 * for buffers alone V8 has a limit of its own besides, of 64 MB.
 */
export function letHeapGrow(): void {
  setFlagsFromString('--heap-growing-percent=300');
}
