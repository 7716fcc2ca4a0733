import { characterStart } from './cut-to-bytes';
import type { RawLine } from './log-reader';

const NEWLINE = 0x0a;

/**
 * Cuts a stream of UTF-8 bytes into lines, the same ones however the bytes are cut into chunks. Lines end with \n or \r\n, which are
 * not part of them. Memory is bounded by `maxLineBytes`: a longer line comes in pieces of that size.
 */
export class LineSplitter {
  private held: Buffer[] = [];
  private heldBytes = 0;
  private isFirstPiece = true;
  private isFirstLine = true;

  constructor(
    private readonly maxLineBytes: number,
    private readonly onLine: (line: RawLine) => void,
  ) {}

  push(chunk: Buffer): void {
    const end = chunk.lastIndexOf(NEWLINE);
    if (end !== -1) {
      this.hold(chunk.subarray(0, end));
      this.giveLines(this.takeHeld());
      this.hold(chunk.subarray(end + 1));
    } else this.hold(chunk);
    if (this.heldBytes > this.maxLineBytes) this.giveFullPieces();
  }

  /** The last line, where no newline ends it. */
  end(): void {
    if (this.heldBytes === 0) return;
    const bytes = this.takeHeld();
    // A lone \r at the end of a file is half of a line end.
    this.giveLine(bytes);
  }

  private hold(bytes: Buffer): void {
    if (bytes.length === 0) return;
    this.held.push(bytes);
    this.heldBytes += bytes.length;
  }

  private takeHeld(): Buffer {
    const bytes = this.held.length === 1 ? (this.held[0] ?? Buffer.alloc(0)) : Buffer.concat(this.held);
    this.held = [];
    this.heldBytes = 0;
    return bytes;
  }

  private giveLines(bytes: Buffer): void {
    if (!this.isFirstPiece || bytes.length > this.maxLineBytes) return this.giveLinesOneByOne(bytes);
    // Newlines are never inside a character, so that all lines can be decoded at once.
    const text = bytes.toString('utf8');
    let start = 0;
    for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n', start)) {
      this.giveText(text.slice(start, end));
      start = end + 1;
    }
    this.giveText(text.slice(start));
  }

  private giveLinesOneByOne(bytes: Buffer): void {
    let start = 0;
    for (let end = bytes.indexOf(NEWLINE); end !== -1; end = bytes.indexOf(NEWLINE, start)) {
      this.giveLine(bytes.subarray(start, end));
      start = end + 1;
    }
    this.giveLine(bytes.subarray(start));
  }

  /** A whole line, or the last piece of one. */
  private giveLine(bytes: Buffer): void {
    let rest = bytes;
    while (rest.length > this.maxLineBytes) rest = this.givePiece(rest);
    this.giveText(rest.toString('utf8'));
  }

  private giveFullPieces(): void {
    let rest = this.takeHeld();
    // One byte more than a piece is kept back, so that the last piece is never empty.
    while (rest.length > this.maxLineBytes) rest = this.givePiece(rest);
    this.hold(Buffer.from(rest));
  }

  private givePiece(bytes: Buffer): Buffer {
    const end = characterStart(bytes, this.maxLineBytes, 0);
    this.give(bytes.toString('utf8', 0, end));
    this.isFirstPiece = false;
    return bytes.subarray(end);
  }

  private giveText(text: string): void {
    this.give(text.endsWith('\r') ? text.slice(0, -1) : text);
    this.isFirstPiece = true;
  }

  private give(text: string): void {
    const line = this.isFirstLine && text.startsWith('\uFEFF') ? text.slice(1) : text;
    this.isFirstLine = false;
    this.onLine({ text: line, isFirstPiece: this.isFirstPiece });
  }
}
