/** Packs: files by which SIEMs, SOARs and monitors are connected. */
import * as v from "valibot";
import type { ApiDependencies } from "../dependencies.ts";
import { type Route, route } from "../route.ts";
import { count, text } from "../shapes/field-shapes.ts";

const pack = v.object({
  name: text,
  title: v.pipe(text, v.description("What is connected by it.")),
  summary: text,
  version: v.pipe(text, v.description("Of the appliance, whose messages it reads.")),
  files: count,
  bytes: count,
});

export function packRoutes({ packs }: ApiDependencies): Route[] {
  const common = { method: "GET", permission: "read", callers: "users", tag: "Packs" } as const;
  return [
    route({
      ...common,
      path: "/api/packs",
      summary: "Packs",
      description: "Folders of files by which SIEMs, SOARs and monitors are connected; each has a README.",
      answers: { 200: { description: "By name.", schema: v.object({ packs: v.array(pack) }) } },
      handle: async ({ c }) => c.json({ packs: await packs.list() }),
    }),
    route({
      ...common,
      path: "/api/packs/:name",
      summary: "The files of a pack",
      description:
        "A tar archive with gzip, with everything in one folder of the pack's name. The same version gives the same bytes.",
      answers: {
        200: { description: "The archive.", file: "application/gzip" },
        404: { description: "There is none of that name." },
      },
      handle: async ({ c, param }) => {
        const { file, bytes } = await packs.archive(param("name"));
        c.header("Content-Type", "application/gzip");
        c.header("Content-Disposition", `attachment; filename="${file}"`);
        return c.body(bytes as Uint8Array<ArrayBuffer>);
      },
    }),
  ];
}
