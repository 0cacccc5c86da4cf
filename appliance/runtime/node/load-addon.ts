/** Loads libsql's native addon from beside the bundle for Node; appliance/packaging/build-node.ts puts both there. */
import { createRequire } from "node:module";

export function loadAddon(): unknown {
  return createRequire(import.meta.url)("./libsql.node");
}
