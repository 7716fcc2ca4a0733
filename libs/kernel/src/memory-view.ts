/** The bytes of a memory that may grow: then what looked at it before sees nothing any more. */
export class MemoryView {
  private bytes: Buffer;
  private words: Int32Array;

  constructor(private readonly memory: WebAssembly.Memory) {
    this.bytes = Buffer.from(memory.buffer);
    this.words = new Int32Array(memory.buffer);
  }

  /** Valid until the module's next call. */
  get buffer(): Buffer {
    if (this.bytes.length === 0) this.refresh();
    return this.bytes;
  }

  /** The same, 32 bits at a time. */
  get int32(): Int32Array {
    if (this.words.length === 0) this.refresh();
    return this.words;
  }

  private refresh(): void {
    this.bytes = Buffer.from(this.memory.buffer);
    this.words = new Int32Array(this.memory.buffer);
  }
}
