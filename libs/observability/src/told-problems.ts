/** What was said last about each of a few subjects, so that what lasts is said once and not at every look. */
export class ToldProblems {
  private readonly texts = new Map<string, string>();

  /** True where this was not the last thing said about the subject; it is now. Errors are told apart by their words. */
  isNews(subject: string, problem: unknown): boolean {
    const text = problem instanceof Error ? problem.message : String(problem);
    if (this.texts.get(subject) === text) return false;
    this.texts.set(subject, text);
    return true;
  }

  /** True where something was said about the subject, which nothing is wrong with any more. */
  isOver(subject: string): boolean {
    return this.texts.delete(subject);
  }
}
