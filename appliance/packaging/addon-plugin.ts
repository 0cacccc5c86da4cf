/**
 * Embeds libsql's native addon in the compiled binary. libsql requires it by a computed name, which a bundler cannot follow;
 * this replaces that line by a call that loads the embedded bytes.
 */
import { join } from "node:path";
import type { BunPlugin, PluginBuilder } from "bun";

// biome-ignore lint/suspicious/noTemplateCurlyInString: source text of libsql
const computedRequire = "return require(`@libsql/${target}`);";
const virtualModule = "rhythmx:libsql-addon";

/** @param addonFile path of the target's `index.node`. The build fails if libsql no longer contains the line. */
export function embedLibsqlAddon(addonFile: string): BunPlugin {
  const loader = join(import.meta.dirname, "../runtime/bun/load-addon.ts");
  return {
    name: "embed-libsql-addon",
    setup(build) {
      onLibsql(build, `return require(${JSON.stringify(loader)}).loadAddon(require("${virtualModule}"));`);
      build.onResolve({ filter: new RegExp(`^${virtualModule}$`) }, () => ({ path: addonFile, namespace: "addon" }));
      build.onLoad({ filter: /\.node$/, namespace: "addon" }, async ({ path }) => ({
        contents: new Uint8Array(await Bun.file(path).arrayBuffer()),
        loader: "file",
      }));
    },
  };
}

/** For Node: the addon is loaded from beside the bundle, where the build puts it. */
export function loadLibsqlAddonFromFile(): BunPlugin {
  const loader = join(import.meta.dirname, "../runtime/node/load-addon.ts");
  return {
    name: "load-libsql-addon-from-file",
    setup: (build) => onLibsql(build, `return require(${JSON.stringify(loader)}).loadAddon();`),
  };
}

/** Replaces the line with which libsql requires its addon. The build fails if libsql no longer contains it. */
function onLibsql(build: PluginBuilder, replacement: string): void {
  build.onLoad({ filter: /node_modules\/libsql\/index\.js$/ }, async ({ path }) => {
    const source = await Bun.file(path).text();
    if (source.split(computedRequire).length !== 2)
      throw new Error(
        `${path} no longer has the line "${computedRequire}" once; adapt appliance/packaging/addon-plugin.ts`,
      );
    return { contents: source.replace(computedRequire, () => replacement), loader: "js" };
  });
}
