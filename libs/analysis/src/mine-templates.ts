import { firstLineOf } from './fingerprint';
import { maskMessage } from './mask-message';
import { LeafStore, type LeafStoreSnapshot } from './leaf-store';
import { type RenderedTemplate, renderTemplate } from './render-template';
import { type Leaf, createLeaf, noteTexts } from './template-leaf';
import { type SlotPlan, planSlots, valueOfSlot } from './slot-plan';
import { skeletonOf } from './template-skeleton';
import { tokenizeMasked } from './template-tokens';
import { ValueSketch } from './value-sketch';

/** Named in results, and in what is stored. */
export const TEMPLATE_ALGORITHM = { name: 'typed-skeletons', version: 1 } as const;

export interface TemplateMinerOptions {
  /** Distinct skeletons that are kept; beyond, those of one template are folded, and then the rarest given up. Default 10,000. */
  readonly maxLeaves?: number;
  /** Variables whose values are sketched, at about 4 KB each at most. Default 20,000. */
  readonly maxSketches?: number;
}

export interface LogTemplate extends RenderedTemplate {
  /** Stays as the template widens; where two templates become one, the older one's is kept. */
  readonly id: string;
  readonly count: number;
  /** Number of the message that was the first one, from 0. */
  readonly first: number;
  /** The first message, cut. */
  readonly example: string;
}

export interface TemplateMinerSnapshot extends LeafStoreSnapshot {
  readonly algorithm: string;
  readonly version: number;
}

/** What differs later in a long line is a payload. */
const MAX_MASKED_CHARS = 1024;
/** Masked texts whose leaf is remembered, at 2 KB each at most. */
const MAX_CACHED = 8192;
/** Values are noted of the first messages of each leaf, and then of each 32nd. */
const SAMPLE_ALL_BELOW = 32;
const SAMPLE_MASK = 31;

/**
 * Mines templates from log messages as they come. Messages with the same skeleton (masked, and machine-made words, lists and values of keys taken
 * out: `skeletonOf`) share a leaf; templates are made of leaves by how their words vary (`mergeLeaves`), as the tree of Drain (He et al. 2017)
 * does with its depth and similarity, but by token statistics over all leaves, so that up to `maxLeaves` the result depends on the messages
 * and not on their order, and merging miners is associative. Memory has a bound: leaves, sketches, remembered texts and ids each have one.
 * Of a message counts the first line that is not blank, and of that the first 1,024 masked characters.
 */
export class TemplateMiner {
  private readonly leaves: LeafStore;
  private readonly cache = new Map<string, KnownText>();
  private readonly maxSketches: number;
  private sketches = 0;

  constructor(options: TemplateMinerOptions = {}) {
    this.maxSketches = options.maxSketches ?? 20_000;
    this.leaves = new LeafStore(options.maxLeaves ?? 10_000);
  }

  /** Messages so far. */
  get count(): number {
    return this.leaves.messages;
  }

  /** Id of the template that the message belongs to by what is known now. `resolve` tells later which template it has become part of. */
  add(message: string): string {
    return this.leaves.templateIdOf(this.leafOf(message));
  }

  /** The finest id of a message's pattern; `resolve` gives the template it belongs to, by all that has been added until then. */
  note(message: string): string {
    return this.leafOf(message).id;
  }

  /** The template that holds an id given out before; undefined where the id is unknown, or was given up for the bound. */
  resolve(id: string): string | undefined {
    return this.leaves.resolve(id);
  }

  /** The most frequent first, equal ones in order of appearance. */
  templates(): readonly LogTemplate[] {
    return this.leaves
      .groups()
      .map(({ id, leaves }) => toTemplate(id, leaves))
      .sort(
        (one, other) => other.count - one.count || one.first - other.first || (one.id < other.id ? -1 : 1),
      );
  }

  /** Adds all that another miner has seen, which stays as it is. Commutative; associative as long as the bounds are not reached. */
  merge(other: TemplateMiner): void {
    this.leaves.merge(other.leaves);
    this.cache.clear();
    this.sketches = this.leaves.boundSketches(this.maxSketches);
  }

  toJSON(): TemplateMinerSnapshot {
    const { name, version } = TEMPLATE_ALGORITHM;
    return { algorithm: name, version, ...this.leaves.toJSON() };
  }

  /** Errors: RangeError for a snapshot of another algorithm or version. */
  static fromJSON(snapshot: TemplateMinerSnapshot, options: TemplateMinerOptions = {}): TemplateMiner {
    const { name, version } = TEMPLATE_ALGORITHM;
    if (snapshot.algorithm !== name || snapshot.version !== version)
      throw new RangeError(
        `templates are of ${snapshot.algorithm} ${snapshot.version}, not of ${name} ${version}`,
      );
    const miner = new TemplateMiner(options);
    miner.leaves.restore(snapshot);
    miner.sketches = miner.leaves.boundSketches(miner.maxSketches);
    return miner;
  }

  private leafOf(message: string): Leaf {
    const line = firstLineOf(message);
    const masked = maskedLine(line);
    const known = this.cache.get(masked) ?? this.learn(line, masked);
    const { leaf } = known;
    if (leaf.count < SAMPLE_ALL_BELOW || (leaf.count & SAMPLE_MASK) === 0) this.noteValues(known, line);
    this.leaves.countOne(leaf);
    if (leaf.count === 1 && this.leaves.tidy()) {
      this.cache.clear();
      this.sketches = this.leaves.boundSketches(this.maxSketches);
    }
    return leaf;
  }

  private learn(line: string, masked: string): KnownText {
    const tokens = tokenizeMasked(masked);
    const parts = skeletonOf(tokens);
    const found = this.leaves.find(parts);
    const leaf = found ?? createLeaf(parts, this.leaves.messages, line);
    const plans = planSlots(leaf, parts, tokens);
    noteTexts(
      leaf,
      plans.map((plan) => plan.text),
      found === undefined,
    );
    if (found === undefined) this.leaves.insert(leaf);
    const known = { leaf, plans };
    if (this.cache.size >= MAX_CACHED) this.cache.clear();
    this.cache.set(masked, known);
    return known;
  }

  private noteValues({ leaf, plans }: KnownText, line: string): void {
    if (plans.length === 0) return;
    const values: string[] = [];
    maskedLine(line, values);
    leaf.slots.forEach((slot, index) => {
      const plan = plans[index];
      const value = plan === undefined ? '' : valueOfSlot(plan, values);
      if (value === '') return;
      if (slot.sketch === undefined) {
        if (this.sketches >= this.maxSketches) return;
        this.sketches += 1;
        slot.sketch = new ValueSketch();
      }
      slot.sketch.add(value);
    });
  }
}

/** What is remembered of a masked text. */
interface KnownText {
  readonly leaf: Leaf;
  readonly plans: readonly SlotPlan[];
}

/** Cut after a whole word, where there is one. */
function maskedLine(line: string, values?: string[]): string {
  const masked = maskMessage(line, MAX_MASKED_CHARS, values);
  if (masked.length <= MAX_MASKED_CHARS) return masked;
  const gap = masked.lastIndexOf(' ', MAX_MASKED_CHARS);
  return masked.slice(0, gap > 0 ? gap : MAX_MASKED_CHARS);
}

function toTemplate(id: string, leaves: readonly Leaf[]): LogTemplate {
  const earliest = leaves.reduce((one, other) => (other.first < one.first ? other : one));
  return {
    id,
    ...renderTemplate(leaves),
    count: leaves.reduce((sum, leaf) => sum + leaf.count, 0),
    first: earliest.first,
    example: earliest.example,
  };
}
