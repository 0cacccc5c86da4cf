/** Progress along the kill chain. */
import { families } from "../attack/attack.ts";
import type { EvidenceItem } from "./evidence.ts";

interface Stage {
  order: number;
  first: number;
  last: number;
  rules: Set<number>;
}

/**
 * Progress along the kill chain: stages in its order, each begun before the next one ended, each by a rule of its own (one rule with
 * three tactics is no progress). More evidence never undoes it.
 */
export class Stages {
  readonly #stages = new Map<number, Stage>();

  /** `rule`: a number that tells rules apart. */
  add(mask: number, rule: number, { first, last }: Pick<EvidenceItem, "first" | "last">): void {
    for (const { order } of families) {
      if ((mask & (1 << order)) === 0) continue;
      const stage = this.#stages.get(order) ?? { order, first, last, rules: new Set<number>() };
      stage.first = Math.min(stage.first, first);
      stage.last = Math.max(stage.last, last);
      stage.rules.add(rule);
      this.#stages.set(order, stage);
    }
  }

  /** How many there are. */
  get size(): number {
    return this.#stages.size;
  }

  reach(wanted: number): boolean {
    if (wanted === 0) return true;
    if (this.#stages.size < wanted) return false;
    const inOrder = [...this.#stages.values()].sort((a, b) => a.order - b.order);
    return this.#extend([], inOrder, wanted);
  }

  #extend(chain: Stage[], rest: readonly Stage[], wanted: number): boolean {
    if (chain.length === wanted) return ownRules(chain);
    const previous = chain.at(-1);
    return rest.some(
      (stage, at) =>
        (previous === undefined || previous.first <= stage.last) &&
        this.#extend([...chain, stage], rest.slice(at + 1), wanted),
    );
  }
}

/** Whether every stage can be assigned a distinct rule (bipartite matching by augmenting paths). */
function ownRules(chain: readonly Stage[]): boolean {
  const owner = new Map<number, number>();
  const give = (at: number, tried: Set<number>): boolean => {
    for (const rule of chain[at]?.rules ?? []) {
      if (tried.has(rule)) continue;
      tried.add(rule);
      const other = owner.get(rule);
      if (other === undefined || give(other, tried)) {
        owner.set(rule, at);
        return true;
      }
    }
    return false;
  };
  return chain.every((_, at) => give(at, new Set()));
}
