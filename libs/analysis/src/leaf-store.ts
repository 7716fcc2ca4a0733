import { foldLeaves } from './fold-leaves';
import { FormIndex } from './form-index';
import { mergeLeaves } from './merge-leaves';
import {
  type Leaf,
  type LeafSnapshot,
  absorbLeaf,
  emptyLeaf,
  leafFromJSON,
  leafToJSON,
} from './template-leaf';
import { keyOf } from './template-skeleton';
import type { TemplateToken } from './template-tokens';

export interface LeafStoreSnapshot {
  readonly messages: number;
  readonly leaves: readonly LeafSnapshot[];
}

/** The leaves of one template. */
export interface LeafGroup {
  readonly id: string;
  readonly leaves: readonly Leaf[];
}

/** Templates are worked out anew when there are so many more leaves: this share, and at least so many. */
const STALE_SHARE = 0.25;
const STALE_LEAVES = 32;
/** Folding makes room for a quarter, so that it does not happen at every message. */
const FOLDED_SHARE = 0.75;
/** Ids of folded leaves that can still be resolved, per leaf that may be kept. */
const ALIASES_PER_LEAF = 4;

/** The leaves of a miner, at most `maxLeaves`, and which template each belongs to. */
export class LeafStore {
  messages = 0;
  private byKey = new Map<string, Leaf>();
  private readonly aliases = new Map<string, string>();
  private wide = new FormIndex<Leaf>();
  private forms = new FormIndex<string>();
  private groupList: readonly LeafGroup[] = [];
  private readonly templateIds = new Map<string, string>();
  private isStale = false;
  private groupedLeaves = 0;

  constructor(private readonly maxLeaves: number) {}

  countOne(leaf: Leaf): void {
    leaf.count += 1;
    this.messages += 1;
    this.isStale = true;
  }

  find(words: readonly TemplateToken[]): Leaf | undefined {
    return this.byKey.get(keyOf(words)) ?? this.wide.find(words);
  }

  /** Adds a new leaf: to the template that it fits, or as one of its own. */
  insert(leaf: Leaf): void {
    this.byKey.set(keyOf(leaf.words), leaf);
    this.templateIds.set(leaf.id, this.forms.find(leaf.words) ?? leaf.anchor);
  }

  /** Makes room, or looks for templates anew, where there are many more leaves than before. True where leaves were folded and are others now. */
  tidy(): boolean {
    const grouped = this.groupedLeaves;
    const grown = this.byKey.size - grouped;
    if (this.byKey.size > this.maxLeaves) {
      this.fold();
      return true;
    }
    if (grown >= STALE_LEAVES && grown >= STALE_SHARE * grouped) this.regroup();
    return false;
  }

  /** By what was known when templates were last worked out. */
  templateIdOf(leaf: Leaf): string {
    return this.templateIds.get(leaf.id) ?? this.templateIds.get(this.followed(leaf.id)) ?? leaf.anchor;
  }

  resolve(id: string): string | undefined {
    if (this.isStale) this.regroup();
    return this.templateIds.get(this.followed(id));
  }

  /** All templates by all that is known. */
  groups(): readonly LeafGroup[] {
    if (this.isStale) this.regroup();
    return this.groupList;
  }

  /** Gives up the sketches of the rarest leaves beyond `most`, and tells how many are left. */
  boundSketches(most: number): number {
    const slots = [...this.byKey.values()].sort(oftener).flatMap((leaf) => leaf.slots);
    let kept = 0;
    for (const slot of slots) {
      if (slot.sketch === undefined) continue;
      if (kept < most) kept += 1;
      else slot.sketch = undefined;
    }
    return kept;
  }

  merge(other: LeafStore): void {
    for (const leaf of other.byKey.values()) this.absorb(leaf);
    for (const [id, into] of other.aliases) this.alias(id, into);
    this.messages += other.messages;
    this.refresh();
  }

  toJSON(): LeafStoreSnapshot {
    return { messages: this.messages, leaves: [...this.byKey.values()].map(leafToJSON) };
  }

  restore(snapshot: LeafStoreSnapshot): void {
    this.messages = snapshot.messages;
    for (const leaf of snapshot.leaves.map(leafFromJSON)) this.byKey.set(keyOf(leaf.words), leaf);
    this.refresh();
  }

  /** The leaf that holds what was once a leaf of this id. */
  private followed(id: string): string {
    let last = id;
    while (!this.templateIds.has(last)) {
      const next = this.aliases.get(last);
      if (next === undefined || next === last) break;
      last = next;
    }
    return last;
  }

  private absorb(leaf: Leaf): void {
    const key = keyOf(leaf.words);
    const known = this.byKey.get(key);
    const into = known ?? emptyLeaf(leaf.words, leaf.isWide);
    if (known === undefined) this.byKey.set(key, into);
    absorbLeaf(into, leaf);
  }

  private refresh(): void {
    if (this.byKey.size > this.maxLeaves) this.fold();
    else {
      this.indexWide();
      this.regroup();
    }
  }

  private regroup(): void {
    const leaves = [...this.byKey.values()];
    this.forms = new FormIndex();
    this.templateIds.clear();
    this.groupList = mergeLeaves(leaves).map((form) => {
      const members = form.leaves.flatMap((index) => leaves[index] ?? []);
      const id = members.reduce(earlier).anchor;
      for (const leaf of members) this.templateIds.set(leaf.id, id);
      if (members.length > 1) this.forms.add(form.words, id);
      return { id, leaves: members };
    });
    this.groupedLeaves = leaves.length;
    this.isStale = false;
  }

  private fold(): void {
    this.regroup();
    const most = Math.max(1, Math.floor(this.maxLeaves * FOLDED_SHARE));
    const { leaves, aliases } = foldLeaves(
      this.groupList.map((group) => group.leaves),
      most,
    );
    this.byKey = new Map(leaves.map((leaf) => [keyOf(leaf.words), leaf]));
    for (const [id, into] of aliases) this.alias(id, into);
    this.indexWide();
    this.regroup();
  }

  private alias(id: string, into: string): void {
    this.aliases.delete(id);
    this.aliases.set(id, into);
    if (this.aliases.size <= ALIASES_PER_LEAF * this.maxLeaves) return;
    const [oldest] = this.aliases.keys();
    if (oldest !== undefined) this.aliases.delete(oldest);
  }

  private indexWide(): void {
    this.wide = new FormIndex();
    for (const leaf of this.byKey.values()) if (leaf.isWide) this.wide.add(leaf.words, leaf);
  }
}

function earlier(one: Leaf, other: Leaf): Leaf {
  if (one.first !== other.first) return one.first < other.first ? one : other;
  return one.anchor < other.anchor ? one : other;
}

function oftener(one: Leaf, other: Leaf): number {
  return other.count - one.count || (one.id < other.id ? -1 : 1);
}
