// Lines about several things that happen at the same time; what takes long is named again every twenty seconds.
import { stripVTControlCharacters } from 'node:util';

const AGAIN_MS = 20_000;
const PASSING_LENGTH = 70;

export class Reporter {
  #running = new Map();
  #out;

  constructor(out) {
    this.#out = out;
  }

  /** Reports one task from its beginning to its end: its result is the text that it ends with. Errors: those of `work`. */
  async task(title, work) {
    const startedAt = Date.now();
    const task = { startedAt, passing: '' };
    this.#running.set(title, task);
    const timer = setInterval(() => this.#again(title, task), AGAIN_MS);
    try {
      const result = await work({
        say: (text) => this.#line('…', title, `${text}`),
        passing: (text) => (task.passing = text),
      });
      this.#line('✓', title, `${result} ${seconds(startedAt)}`);
    } catch (error) {
      this.#line('✗', title, error.message);
      throw error;
    } finally {
      clearInterval(timer);
      this.#running.delete(title);
    }
  }

  #again(title, task) {
    // What tools print may hold anything, but one line of plain text is wanted here.
    const passing = stripVTControlCharacters(task.passing)
      .replace(/[^\x20-\x7e]/g, ' ')
      .slice(0, PASSING_LENGTH)
      .trim();
    this.#line('…', title, `still at it, ${seconds(task.startedAt)}${passing === '' ? '' : `: ${passing}`}`);
  }

  #line(mark, title, text) {
    this.#out.write(`${mark} ${title}: ${text}\n`);
  }
}

function seconds(startedAt) {
  return `${((Date.now() - startedAt) / 1000).toFixed(1)} s`;
}
