/** Puts the files of all packs into what is built: an archive of them in the place of the code that reads the folder. */
import { gzipSync } from "node:zlib";
import type { BunPlugin } from "bun";
import { packFiles } from "../packs/pack-files.ts";

export const embedPacks: BunPlugin = {
  name: "embed-packs",
  setup(build) {
    build.onLoad({ filter: /appliance\/packs\/pack-files\.ts$/ }, () => {
      const texts = [...packFiles()].map(([path, content]) => [path, Buffer.from(content).toString("base64")]);
      // One string, unpacked when it is asked for: nothing of it is in memory otherwise.
      const packed = gzipSync(JSON.stringify(texts), { level: 9 }).toString("base64");
      return {
        contents: `import { gunzipSync } from "node:zlib";
export function packFiles() {
  const texts = JSON.parse(gunzipSync(Buffer.from("${packed}", "base64")).toString());
  return new Map(texts.map(([path, text]) => [path, Buffer.from(text, "base64")]));
}`,
        loader: "js",
      };
    });
  },
};
