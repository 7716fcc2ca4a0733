import { setFlagsFromString } from 'node:v8';

const ROOMY_NODE = 24;

/**
 * For processes through which many large buffers pass. Those lie outside of V8's heap, but what there is of them counts as growth of the heap
 * since the last slow garbage collection. A heap that may only grow by a quarter, as one may that grows slowly, then is gone through
 * several times a second, and nothing is found (measured: half of an ingest worker's CPU; of ingest's, a quarter where it happens, which
 * depends on how much room young objects were given before). Now it may grow to two and a half times what is in use (with four times, a
 * worker took 314 MB in ten minutes of full load); for buffers alone V8 has a limit of its own besides, of 64 MB.
 */
export function letHeapGrow(): void {
  setFlagsFromString('--heap-growing-percent=150');
}

/**
 * Also for those that hold buffers for long, as a store is slow. Node 24 has so much room for young objects that the limit of 64 MB
 * is met before its quick collection has ever run, which would have freed most of them (measured: a third of the CPU, and 30 MB).
 * That room becomes about what it is in Node 20 and 22, which have no such flag.
 */
export function collectEarly(): void {
  if (Number.parseInt(process.versions.node, 10) >= ROOMY_NODE)
    setFlagsFromString('--scavenger-max-new-space-capacity-mb=4');
}
