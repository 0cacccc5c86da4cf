/**
 * Embeds libsql's native addon in the compiled binary. libsql requires it by a computed name, which a bundler cannot follow;
 * this replaces that line by a call that loads the embedded bytes.
 */
import { join } from "node:path";
import type { BunPlugin, PluginBuilder } from "bun";

// biome-ignore lint/suspicious/noTemplateCurlyInString: source text of libsql
const computedRequire = "return require(`@libsql/${target}`);";
/** Loads an addon from the folder of the sources when a variable is set; with it, that folder would stand in the binary. */
const developersRequire = /if \(process\.env\.LIBSQL_JS_DEV\) \{\s*return load\(__dirname\)\s*\}/;
/** Names instead of paths: what is written into libsql stands in the binary's source map, and the folder of a build should not. */
const virtualModule = "rhythmx:libsql-addon";
const virtualLoader = "rhythmx:load-addon";

/** @param addonFile path of the target's `index.node`. The build fails if libsql no longer contains what is replaced. */
export function embedLibsqlAddon(addonFile: string): BunPlugin {
  return {
    name: "embed-libsql-addon",
    setup(build) {
      onLibsql(build, "bun", `return require("${virtualLoader}").loadAddon(require("${virtualModule}"));`);
      build.onResolve({ filter: new RegExp(`^${virtualModule}$`) }, () => ({
        path: "libsql-addon.node",
        namespace: "addon",
      }));
      build.onLoad({ filter: /\.node$/, namespace: "addon" }, async () => ({
        contents: new Uint8Array(await Bun.file(addonFile).arrayBuffer()),
        loader: "file",
      }));
    },
  };
}

/** For Node: the addon is loaded from beside the bundle, where the build puts it. */
export function loadLibsqlAddonFromFile(): BunPlugin {
  return {
    name: "load-libsql-addon-from-file",
    setup: (build) => onLibsql(build, "node", `return require("${virtualLoader}").loadAddon();`),
  };
}

/** Replaces the line with which libsql requires its addon. The build fails if libsql no longer contains it. */
function onLibsql(build: PluginBuilder, runtime: "bun" | "node", replacement: string): void {
  build.onResolve({ filter: new RegExp(`^${virtualLoader}$`) }, () => ({
    path: join(import.meta.dirname, `../runtime/${runtime}/load-addon.ts`),
  }));
  build.onLoad({ filter: /node_modules\/libsql\/index\.js$/ }, async ({ path }) => {
    const source = await Bun.file(path).text();
    for (const part of [computedRequire, developersRequire])
      if (source.split(part).length !== 2)
        throw new Error(`${path} no longer has ${part} once; adapt appliance/packaging/addon-plugin.ts`);
    const contents = source.replace(computedRequire, () => replacement).replace(developersRequire, "");
    return { contents, loader: "js" };
  });
}
