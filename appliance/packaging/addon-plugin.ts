/**
 * Embeds libsql's native addon in the compiled binary. libsql requires it by a computed name, which a bundler cannot follow;
 * this replaces that line by a call that loads the embedded bytes.
 */
import { join } from "node:path";
import type { BunPlugin } from "bun";

// biome-ignore lint/suspicious/noTemplateCurlyInString: source text of libsql
const computedRequire = "return require(`@libsql/${target}`);";
const virtualModule = "rhythmx:libsql-addon";

/** @param addonFile path of the target's `index.node`. The build fails if libsql no longer contains the line. */
export function embedLibsqlAddon(addonFile: string): BunPlugin {
  const loader = join(import.meta.dirname, "../runtime/load-addon.ts");
  return {
    name: "embed-libsql-addon",
    setup(build) {
      build.onLoad({ filter: /node_modules\/libsql\/index\.js$/ }, async ({ path }) => {
        const source = await Bun.file(path).text();
        if (source.split(computedRequire).length !== 2)
          throw new Error(
            `${path} no longer has the line "${computedRequire}" once; adapt appliance/packaging/addon-plugin.ts`,
          );
        const replacement = `return require(${JSON.stringify(loader)}).loadAddon(require("${virtualModule}"));`;
        return { contents: source.replace(computedRequire, () => replacement), loader: "js" };
      });
      build.onResolve({ filter: new RegExp(`^${virtualModule}$`) }, () => ({ path: addonFile, namespace: "addon" }));
      build.onLoad({ filter: /\.node$/, namespace: "addon" }, async ({ path }) => ({
        contents: new Uint8Array(await Bun.file(path).arrayBuffer()),
        loader: "file",
      }));
    },
  };
}
