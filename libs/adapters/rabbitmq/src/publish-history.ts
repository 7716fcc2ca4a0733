interface Slot {
  readonly atMs: number;
  messages: number;
  bytes: number;
}

const SLOT_MS = 1000;
const MAX_SLOTS = 900;

/**
 * The broker's messages that this process has published lately, by which it estimates what waits: a broker tells how many
 * wait, but neither their bytes nor their age. First in, first out, so the last n published stand for the n that wait. Where several
 * processes publish alike, the bytes are still right, and the age is too high by their number at most.
 */
export class PublishHistory {
  private readonly slots: Slot[] = [];

  add(bytes: number, atMs: number): void {
    const last = this.slots.at(-1);
    if (last !== undefined && atMs < last.atMs + SLOT_MS) {
      last.messages++;
      last.bytes += bytes;
      return;
    }
    this.slots.push({ atMs, messages: 1, bytes });
    if (this.slots.length > MAX_SLOTS) this.slots.shift();
  }

  /** Of the messages that it still knows; undefined where there are none. */
  meanBytes(): number | undefined {
    let messages = 0;
    let bytes = 0;
    for (const slot of this.slots) {
      messages += slot.messages;
      bytes += slot.bytes;
    }
    return messages === 0 ? undefined : bytes / messages;
  }

  /** `meanBytes` stands in where nothing was published here. */
  estimate(
    waiting: number,
    nowMs: number,
    meanBytes = 0,
  ): { readonly bytes: number; readonly ageMs: number } {
    if (waiting === 0) return { bytes: 0, ageMs: 0 };
    let messages = 0;
    let bytes = 0;
    let ageMs = 0;
    for (let at = this.slots.length - 1; at >= 0 && messages < waiting; at--) {
      const slot = this.slots[at];
      if (slot === undefined) break;
      messages += slot.messages;
      bytes += slot.bytes;
      ageMs = Math.max(0, nowMs - slot.atMs);
    }
    const mean = messages === 0 ? meanBytes : bytes / messages;
    return { bytes: Math.round(mean * waiting), ageMs };
  }
}
