/** Backups: which there are, another one, and their files. */
import { createReadStream } from "node:fs";
import { Readable } from "node:stream";
import * as v from "valibot";
import type { ApiDependencies } from "../dependencies.ts";
import { type Route, route } from "../route.ts";
import { backupStatus } from "./backup-shapes.ts";

const unknown = { description: "There is none of that name." };

export function backupRoutes({ backups }: ApiDependencies): Route[] {
  const admin = { permission: "administer", callers: "users", tag: "Administration" } as const;
  return [
    route({
      ...admin,
      method: "GET",
      path: "/api/backups",
      summary: "Backups",
      description:
        "What is in the folder of backups, the newest first, when the next one is due, and how far the present one is.",
      answers: { 200: { description: "Their state.", schema: backupStatus } },
      handle: async ({ c }) => c.json(backups.status()),
    }),
    route({
      ...admin,
      method: "POST",
      path: "/api/backups",
      summary: "Makes a backup",
      description: "Answers once it is begun. `GET /api/backups` says how far it is, and why it failed.",
      answers: {
        202: { description: "It is begun.", schema: v.object({ status: v.literal("running") }) },
        409: { description: "One is being made." },
      },
      handle: async ({ c, caller }) => {
        await backups.begin(caller);
        return c.json({ status: "running" as const }, 202);
      },
    }),
    route({
      ...admin,
      method: "GET",
      path: "/api/backups/:name",
      summary: "The file of a backup",
      description:
        "A tar archive in gzip. It holds everything but keys and passwords: keep it as carefully as the appliance.",
      answers: { 200: { description: "The file." }, 404: unknown },
      handle: async ({ c, caller, param }) => {
        const { path, name } = await backups.file(caller, param("name"));
        c.header("Content-Type", "application/gzip");
        c.header("Content-Disposition", `attachment; filename="${name}"`);
        return c.body(Readable.toWeb(createReadStream(path)) as ReadableStream);
      },
    }),
    route({
      ...admin,
      method: "DELETE",
      path: "/api/backups/:name",
      summary: "Removes a backup",
      answers: { 204: { description: "Done." }, 404: unknown },
      handle: async ({ c, caller, param }) => {
        await backups.remove(caller, param("name"));
        return c.body(null, 204);
      },
    }),
  ];
}
