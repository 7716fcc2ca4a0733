const HEADER_BYTES = 7;
const END_BYTES = 1;
const METHOD = 1;
/** basic.ack: class 60, method 80. */
const ACK = 60 * 65_536 + 80;

/** What a broker says over one connection, without the confirms of those channels whose answers are to be lost. */
export class ConfirmFilter {
  private rest = Buffer.alloc(0);
  private readonly seen = new Set<number>();
  private readonly lost = new Set<number>();

  /** Confirms over the channels that are open now do not arrive any more; those of later ones do. */
  lose(): void {
    for (const channel of this.seen) this.lost.add(channel);
  }

  /** Whole frames only; the rest waits for more. */
  pass(chunk: Buffer): Buffer {
    this.rest = Buffer.concat([this.rest, chunk]);
    const kept: Buffer[] = [];
    for (let frame = this.takeFrame(); frame !== undefined; frame = this.takeFrame()) {
      const channel = frame.readUInt16BE(1);
      this.seen.add(channel);
      const isConfirm = frame[0] === METHOD && frame.readUInt32BE(HEADER_BYTES) === ACK;
      if (!(isConfirm && this.lost.has(channel))) kept.push(frame);
    }
    return Buffer.concat(kept);
  }

  private takeFrame(): Buffer | undefined {
    if (this.rest.length < HEADER_BYTES) return undefined;
    const length = HEADER_BYTES + this.rest.readUInt32BE(3) + END_BYTES;
    if (this.rest.length < length) return undefined;
    const frame = this.rest.subarray(0, length);
    this.rest = this.rest.subarray(length);
    return frame;
  }
}
