/** @jsxImportSource hono/jsx */
/** At a node of a cluster that follows: in place of what was to be changed there. */
import type { ApiContext } from "../api/route.ts";
import { bare, Words } from "./answer.tsx";
import type { ConsoleDependencies } from "./ports.ts";

/** `leader`: the same page at the node that leads; null while nobody does. */
export function elsewherePage(
  c: ApiContext,
  dependencies: ConsoleDependencies,
  leader: string | null,
): Promise<Response> {
  const title = "Nothing was changed";
  const view = (
    <Words title={title}>
      {leader === null ? (
        <p>
          This node of the cluster follows, and no node leads at the moment. It is worth trying again in a few seconds.
        </p>
      ) : (
        <>
          <p>
            This node of the cluster follows. What changes something is taken by the node that leads; sign in there.
          </p>
          <p>
            <a class="btn primary" href={leader}>
              To the leader, {new URL(leader).host}
            </a>
          </p>
        </>
      )}
    </Words>
  );
  return bare(c, dependencies, { title, view, status: leader === null ? 503 : 421 });
}
