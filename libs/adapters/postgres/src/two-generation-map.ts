/**
 * A bounded map that forgets what was not asked for lately: twice `generationSize` entries at most. Unlike a map that is
 * kept in order of use, it writes nothing when it is asked for what was asked for a moment ago.
 */
export class TwoGenerationMap<Value> {
  private young = new Map<string, Value>();
  private old = new Map<string, Value>();

  constructor(private readonly generationSize: number) {}

  get(key: string): Value | undefined {
    const value = this.young.get(key);
    if (value !== undefined) return value;
    const aged = this.old.get(key);
    if (aged !== undefined) this.set(key, aged);
    return aged;
  }

  set(key: string, value: Value): void {
    if (this.young.size >= this.generationSize) {
      this.old = this.young;
      this.young = new Map();
    }
    this.young.set(key, value);
  }
}
