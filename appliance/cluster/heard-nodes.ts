/** Which nodes show signs of life, by our own monotonic clock: theirs may be wrong. */
import type { NodeStatus } from "../../core/cluster.ts";
import type { DirectoryContent } from "../../store/replica/etcd/directory.ts";

/** After so long a node is named as missing. */
const missingMs = 30_000;
/** For so long the log is kept for a node that is away. */
const keptForMs = 3_600_000;

export class HeardNodes {
  /** When each node's row last changed. */
  readonly #heard = new Map<string, { revision: string; at: number }>();

  /** Looks which rows have changed. */
  note(content: DirectoryContent | null): void {
    const at = performance.now();
    for (const [name, { revision }] of content?.live ?? [])
      if (this.#heard.get(name)?.revision !== revision) this.#heard.set(name, { revision, at });
  }

  isThere(name: string): boolean {
    return this.#within(name, missingMs);
  }

  /** The oldest record that a node other than `own` still waits for may follow this one. */
  leastApplied(own: string, content: DirectoryContent | null): number {
    const others = [...(content?.members.keys() ?? [])].filter((name) => name !== own && this.#within(name, keptForMs));
    return Math.min(...others.map((name) => content?.live.get(name)?.row.applied ?? 0));
  }

  /** Members by name. */
  statuses(content: DirectoryContent | null): NodeStatus[] {
    return [...(content?.members.keys() ?? [])].sort().map((name) => {
      const row = content?.live.get(name)?.row ?? null;
      return {
        name,
        role: row?.role ?? "follower",
        address: row?.address ?? "",
        applied: row?.applied ?? 0,
        version: row?.version ?? "",
        fault: this.isThere(name) ? (row?.fault ?? null) : "not heard of",
        seenAt: row?.at ?? null,
      };
    });
  }

  #within(name: string, milliseconds: number): boolean {
    const heard = this.#heard.get(name);
    return heard !== undefined && performance.now() < heard.at + milliseconds;
  }
}
