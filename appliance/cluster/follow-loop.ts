/** Applies what the leader writes, for as long as this node follows. */
import { messageOf, StoreError } from "../../core/errors.ts";
import type { Faults } from "../../core/faults.ts";
import type { Store } from "../../store/open-store.ts";
import { pause } from "./pause.ts";
import type { NodeSide } from "./side.ts";

const pollMs = 150;
const retryMs = 500;
/** Errors after which nothing more is applied until a person, or a copy of another node's file, has mended it. */
const lasting: readonly string[] = ["store_diverged", "store_behind", "store_newer", "store_corrupt"];

interface FollowParts {
  store: Pick<Store, "follow">;
  node: Pick<NodeSide, "followed">;
  faults: Faults;
  /** Reads what a process keeps in memory again. */
  touched(): Promise<unknown>;
}

export class FollowLoop {
  readonly #parts: FollowParts;
  readonly #stopping = new AbortController();
  readonly #running: Promise<void>;

  private constructor(parts: FollowParts) {
    this.#parts = parts;
    this.#running = this.#run();
  }

  static start(parts: FollowParts): FollowLoop {
    return new FollowLoop(parts);
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { store, node, faults, touched } = this.#parts;
    while (!this.#stopping.signal.aborted) {
      let wait = pollMs;
      try {
        const followed = await store.follow();
        node.followed(followed);
        faults.clear("cluster_log");
        const { unknownSchema } = followed;
        if (unknownSchema === null) faults.clear("cluster_version");
        else
          faults.set("cluster_version", `this node follows and does not lead until it is upgraded: ${unknownSchema}`);
        if (followed.touched.length > 0) await touched();
        if (followed.applied < followed.head) wait = 0;
      } catch (error) {
        if (this.#stopping.signal.aborted) return;
        const known = error instanceof Error ? error : new Error(messageOf(error));
        node.followed(known);
        const halts = error instanceof StoreError && lasting.includes(error.code);
        if (halts) {
          faults.clear("cluster_log");
          // What is only behind takes a copy of another node's file.
          if (error.code !== "store_behind")
            faults.set("cluster_halt", `this node applies nothing more: ${messageOf(error)}`);
          return;
        }
        faults.set("cluster_log", messageOf(error));
        wait = retryMs;
      }
      await pause(wait, this.#stopping.signal);
    }
  }
}
