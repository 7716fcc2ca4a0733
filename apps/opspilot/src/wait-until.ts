import { setTimeout as delay } from 'node:timers/promises';

/** Asks again and again until the answer is true. Errors: when time is up, or as soon as there is no hope left. */
export async function waitUntil(request: {
  readonly what: string;
  readonly timeoutMs: number;
  readonly ask: () => Promise<boolean>;
  readonly isHopeless?: () => boolean;
}): Promise<void> {
  const deadlineAtMs = Date.now() + request.timeoutMs;
  while (!(await request.ask())) {
    if (request.isHopeless?.() === true)
      throw new Error(`gave up waiting for ${request.what}: the process has ended`);
    if (Date.now() > deadlineAtMs)
      throw new Error(`waited ${request.timeoutMs / 1000} s in vain for ${request.what}`);
    await delay(50);
  }
}
