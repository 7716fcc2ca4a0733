import { SeededRandom } from './seeded-random';

export interface IsolationForestOptions {
  /** 100, as in the paper. */
  readonly trees?: number;
  /** Rows each tree is grown from: 256, as in the paper. */
  readonly sampleRows?: number;
  readonly seed?: number;
}

const EULER_GAMMA = 0.577_215_664_901_532_9;
const LEAF = -1;

/** Words of a packed node: the cut as an ordered key, the right child, left child minus right child, the column. */
const NODE_WORDS = 4;

/**
 * Isolation forest (Liu, Ting, Zhou 2008): rows that random cuts separate quickly are anomalous. All trees lie in one flat array; a leaf is its
 * own child, so every row takes the same number of steps and no branch depends on the data. Values are compared at single precision. The same
 * seed grows the same forest.
 */
export class IsolationForest {
  private constructor(
    private readonly columns: number,
    private readonly scales: Float64Array,
    private readonly roots: Int32Array,
    private readonly packed: Int32Array,
    private readonly lengths: Float64Array,
    private readonly depth: number,
    private readonly normaliser: number,
  ) {}

  /**
   * @param rows row-major, finite numbers
   * @param columns numbers per row
   * @throws RangeError where there is no row
   */
  static fit(rows: Float64Array, columns: number, options: IsolationForestOptions = {}): IsolationForest {
    const count = Math.floor(rows.length / columns);
    if (count < 1) throw new RangeError('an isolation forest needs at least one row');
    const trees = options.trees ?? 100;
    const sampleRows = Math.min(options.sampleRows ?? 256, count);
    const grower = new TreeGrower(rows, columns, trees * (2 * sampleRows), sampleRows);
    const random = new SeededRandom(options.seed ?? 1);
    const roots = new Int32Array(trees);
    for (let tree = 0; tree < trees; tree += 1) roots[tree] = grower.grow(random, count);
    const { cutColumn, cutValue, right } = grower.nodes();
    const scales = columnScales(rows, columns);
    const packed = pack(cutColumn, cutValue, right, scales);
    const normaliser = averagePathLength(sampleRows) * trees;
    return new IsolationForest(columns, scales, roots, packed, cutValue, grower.maxDepth, normaliser);
  }

  /** Anomaly scores in (0, 1]: about 0.5 for ordinary rows, towards 1 for isolated ones. */
  score(rows: Float64Array): Float64Array {
    const { columns, normaliser } = this;
    const count = Math.floor(rows.length / columns);
    const keys = toKeys(rows, columns, this.scales);
    const totals = new Float64Array(count);
    // Tree by tree: one tree's nodes stay in the cache while all rows pass through it.
    for (const root of this.roots) this.addLengths(root, keys, totals);
    for (let row = 0; row < count; row += 1)
      totals[row] = normaliser > 0 ? 2 ** (-(totals[row] as number) / normaliser) : 0.5;
    return totals;
  }

  /** Adds the path length of every row in one tree, two rows at a time: their memory accesses overlap. */
  private addLengths(root: number, keys: Int32Array, totals: Float64Array): void {
    const { columns, packed, lengths, depth } = this;
    const count = totals.length;
    const start = root * NODE_WORDS;
    for (let row = 0; row < count; row += 2) {
      const one = row * columns;
      const other = row + 1 < count ? one + columns : one;
      let a = start;
      let b = start;
      for (let level = 0; level < depth; level += 1) {
        const isLeftA = ((keys[one + (packed[a + 3] as number)] as number) - (packed[a] as number)) >> 31;
        const isLeftB = ((keys[other + (packed[b + 3] as number)] as number) - (packed[b] as number)) >> 31;
        a = (packed[a + 1] as number) + (isLeftA & (packed[a + 2] as number));
        b = (packed[b + 1] as number) + (isLeftB & (packed[b + 2] as number));
      }
      totals[row] = (totals[row] as number) + (lengths[a >> 2] as number);
      if (other !== one) totals[row + 1] = (totals[row + 1] as number) + (lengths[b >> 2] as number);
    }
  }
}

/** Powers of two that bring each column's largest magnitude near 1, so that single precision has room for any unit. */
function columnScales(rows: Float64Array, columns: number): Float64Array {
  const scales = new Float64Array(columns);
  for (let index = 0; index < rows.length; index += 1) {
    const magnitude = Math.abs(rows[index] as number);
    if (magnitude > (scales[index % columns] as number)) scales[index % columns] = magnitude;
  }
  return scales.map((most) => (most > 0 ? 2 ** -Math.max(-1000, Math.floor(Math.log2(most))) : 1));
}

const floatWord = new Float32Array(1);
const intWord = new Int32Array(floatWord.buffer);

/** The bits of a single-precision number in the order of the numbers; one bit less, so that two keys can be subtracted. */
function toKey(value: number): number {
  floatWord[0] = value;
  const bits = intWord[0] as number;
  return (bits ^ ((bits >> 31) & 0x7fffffff)) >> 1;
}

function toKeys(rows: Float64Array, columns: number, scales: Float64Array): Int32Array {
  const keys = new Int32Array(rows.length);
  for (let column = 0; column < columns; column += 1) {
    const scale = scales[column] as number;
    for (let index = column; index < rows.length; index += columns)
      keys[index] = toKey((rows[index] as number) * scale);
  }
  return keys;
}

function pack(
  cutColumn: Int16Array,
  cutValue: Float64Array,
  right: Int32Array,
  scales: Float64Array,
): Int32Array {
  const packed = new Int32Array(cutColumn.length * NODE_WORDS);
  for (let node = 0; node < cutColumn.length; node += 1) {
    const column = cutColumn[node] as number;
    const isLeaf = column === LEAF;
    const rightWord = (isLeaf ? node : (right[node] as number)) * NODE_WORDS;
    const leftWord = (isLeaf ? node : node + 1) * NODE_WORDS;
    const at = node * NODE_WORDS;
    packed[at] = isLeaf ? 0 : toKey((cutValue[node] as number) * (scales[column] as number));
    packed[at + 1] = rightWord;
    packed[at + 2] = leftWord - rightWord;
    packed[at + 3] = isLeaf ? 0 : column;
  }
  return packed;
}

/** Mean path length of an unsuccessful search in a binary tree of `count` leaves: what an uncut leaf stands for. */
function averagePathLength(count: number): number {
  if (count <= 1) return 0;
  if (count === 2) return 1;
  return 2 * (Math.log(count - 1) + EULER_GAMMA) - (2 * (count - 1)) / count;
}

class TreeGrower {
  private readonly cutColumn: Int16Array;
  private readonly cutValue: Float64Array;
  private readonly right: Int32Array;
  private readonly sample: Int32Array;
  readonly maxDepth: number;
  private used = 0;

  constructor(
    private readonly rows: Float64Array,
    private readonly columns: number,
    capacity: number,
    sampleRows: number,
  ) {
    this.cutColumn = new Int16Array(capacity);
    this.cutValue = new Float64Array(capacity);
    this.right = new Int32Array(capacity);
    this.sample = new Int32Array(sampleRows);
    this.maxDepth = Math.ceil(Math.log2(Math.max(2, sampleRows)));
  }

  /** Index of the new tree's root. */
  grow(random: SeededRandom, count: number): number {
    this.drawSample(random, count);
    const root = this.used;
    this.split(random, 0, this.sample.length, 0);
    return root;
  }

  nodes(): { cutColumn: Int16Array; cutValue: Float64Array; right: Int32Array } {
    const { used } = this;
    return {
      cutColumn: this.cutColumn.slice(0, used),
      cutValue: this.cutValue.slice(0, used),
      right: this.right.slice(0, used),
    };
  }

  /** Different rows, as the paper has it: Floyd's method, linear in the sample. */
  private drawSample(random: SeededRandom, count: number): void {
    const { sample } = this;
    const taken = new Set<number>();
    for (let index = 0; index < sample.length; index += 1) {
      const last = count - sample.length + index;
      const drawn = random.below(last + 1);
      const row = taken.has(drawn) ? last : drawn;
      taken.add(row);
      sample[index] = row;
    }
  }

  private split(random: SeededRandom, from: number, to: number, depth: number): void {
    const node = this.used;
    this.used += 1;
    const column = depth < this.maxDepth && to - from > 1 ? this.columnWithRange(random, from, to) : LEAF;
    this.cutColumn[node] = column;
    if (column === LEAF) {
      this.cutValue[node] = depth + averagePathLength(to - from);
      return;
    }
    const cut = this.low + random.next() * (this.high - this.low);
    // A cut that rounds to the least value would leave the left side empty.
    const value = cut > this.low ? cut : this.high;
    this.cutValue[node] = value;
    const middle = this.partition(column, value, from, to);
    this.split(random, from, middle, depth + 1);
    this.right[node] = this.used;
    this.split(random, middle, to, depth + 1);
  }

  private low = 0;
  private high = 0;

  /** A random column in which the rows differ; sets its range. -1 where all rows are equal. */
  private columnWithRange(random: SeededRandom, from: number, to: number): number {
    const first = random.below(this.columns);
    for (let tried = 0; tried < this.columns; tried += 1) {
      const column = (first + tried) % this.columns;
      let low = Infinity;
      let high = -Infinity;
      for (let index = from; index < to; index += 1) {
        const value = this.at(index, column);
        if (value < low) low = value;
        if (value > high) high = value;
      }
      if (low < high) {
        this.low = low;
        this.high = high;
        return column;
      }
    }
    return LEAF;
  }

  private partition(column: number, cut: number, from: number, to: number): number {
    const { sample } = this;
    let middle = from;
    for (let index = from; index < to; index += 1) {
      if (this.at(index, column) >= cut) continue;
      const row = sample[index] as number;
      sample[index] = sample[middle] as number;
      sample[middle] = row;
      middle += 1;
    }
    return middle;
  }

  private at(index: number, column: number): number {
    return this.rows[(this.sample[index] as number) * this.columns + column] as number;
  }
}
