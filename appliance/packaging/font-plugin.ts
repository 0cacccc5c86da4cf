/** Puts fonts into a bundle as bytes instead of files beside it. */
import type { BunPlugin } from "bun";

export const embedFonts: BunPlugin = {
  name: "embed-fonts",
  setup(build) {
    build.onLoad({ filter: /\.woff2$/ }, async ({ path }) => {
      const base64 = Buffer.from(await Bun.file(path).arrayBuffer()).toString("base64");
      return { contents: `export default Buffer.from("${base64}", "base64");`, loader: "js" };
    });
  },
};
