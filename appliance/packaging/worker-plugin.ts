/** A Worker is started by the name of its file, which is no import that a bundler follows: here it gets the name that it has in a build. */
import type { BunPlugin } from "bun";

const among = `new URL("./worker.ts", import.meta.url)`;

/** @param address the Worker's, as an expression in JavaScript. It fails if the sources no longer contain what is replaced. */
export function startWorkerAt(address: string | (() => Promise<string>)): BunPlugin {
  return {
    name: "start-worker-at",
    setup(build) {
      build.onLoad({ filter: /store\/worker\/worker-calls\.ts$/ }, async ({ path }) => {
        const source = await Bun.file(path).text();
        if (source.split(among).length !== 2)
          throw new Error(`${path} no longer contains ${among} once; adapt appliance/packaging/worker-plugin.ts`);
        const expression = typeof address === "string" ? address : await address();
        return { contents: source.replace(among, () => expression), loader: "ts" };
      });
    },
  };
}
