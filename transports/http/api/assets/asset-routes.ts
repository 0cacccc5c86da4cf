/** Lists of assets: hosts and accounts with their roles, one list for each entity, in JSON and CSV. */
import * as v from "valibot";
import { accountRoles, assetKinds, assetSources, criticalities, hostRoles } from "../../../../core/assets/asset.ts";
import {
  assetsAsCsv,
  assetWords,
  type ListError,
  mostAssets,
  readCsvList,
  readJsonList,
  shownAsset,
} from "../../../../core/assets/asset-list.ts";
import { EdgeError } from "../../../../core/errors.ts";
import { normaliseName } from "../../../../core/intake/identity.ts";
import { hasMoreValues, isNestedDeeper } from "../../../../core/text/json-depth.ts";
import type { ApiDependencies, AssetsChanged } from "../dependencies.ts";
import { shortText, someText, word } from "../parameters.ts";
import { BadRequest } from "../read-request.ts";
import { type Route, route, type TextBody } from "../route.ts";

const mebibyte = 1024 * 1024;
const deepest = 8;
/** As many as the longest list with all its fields and a few aliases each. */
const mostValues = 300_000;
/** More would tell nobody more. */
const mostErrors = 100;

const entity = v.optional(
  v.pipe(
    someText(),
    v.description("The entity (tenant) whose list it is. Absent = your only one, else the default entity."),
  ),
);
const row = v.object({
  entity_name: v.pipe(v.nullable(v.string()), v.description("Null = every entity; only assets.json has such rows.")),
  kind: v.picklist(assetKinds),
  name: v.string(),
  role: v.pipe(
    v.nullable(v.picklist([...new Set([...hostRoles, ...accountRoles])])),
    v.description("Null = not said."),
  ),
  criticality: v.pipe(v.nullable(v.picklist(criticalities)), v.description("Null = the role's own.")),
  aliases: v.array(v.string()),
  from: v.picklist(assetSources),
});
const answer = v.object({ entity_name: v.string(), total: v.number(), assets: v.array(row) });

const newRow = v.object({
  host: v.optional(v.pipe(v.string(), v.description("The host, by any name that its detections have."))),
  account: v.optional(v.pipe(v.string(), v.description("In a host's place: an account."))),
  kind: v.optional(v.pipe(v.picklist(assetKinds), v.description("With `name`: the other way to name one."))),
  name: v.optional(v.string()),
  role: v.nullish(
    v.pipe(v.string(), v.description(`Of hosts: ${hostRoles.join(", ")}. Of accounts: ${accountRoles.join(", ")}.`)),
  ),
  criticality: v.nullish(v.picklist(criticalities)),
  aliases: v.nullish(v.pipe(v.array(v.string()), v.description("Other names of the same host or account."))),
});
const changedRow = v.object({
  kind: v.picklist(assetKinds),
  name: v.string(),
  old: v.pipe(v.nullable(v.string()), v.description("In words; null = it is new.")),
  new: v.pipe(v.nullable(v.string()), v.description("Null = it is removed.")),
});
const replaced = v.object({
  entity_name: v.string(),
  hosts: v.number(),
  accounts: v.number(),
  added: v.number(),
  changed: v.number(),
  removed: v.number(),
  left_out: v.pipe(v.number(), v.description("Rows that only repeat what the file or logs say.")),
  changes: v.optional(
    v.pipe(v.array(changedRow), v.description("Of a trial and of PATCH: one by one, the first 500.")),
  ),
});
const rowsChange = v.object({
  set: v.optional(
    v.pipe(
      v.array(newRow),
      v.maxLength(1000),
      v.description("Rows that are added, or take the place of one of that name."),
    ),
  ),
  remove: v.optional(
    v.pipe(
      v.array(v.object({ kind: v.picklist(assetKinds), name: someText() })),
      v.maxLength(1000),
      v.description("Rows that are taken away."),
    ),
  ),
});
const newList = v.object({
  entity: v.optional(v.string()),
  assets: v.pipe(v.array(newRow), v.maxLength(mostAssets), v.description("The whole list; an empty one removes all.")),
});
const example = {
  assets: [
    { host: "dc01.corp.example", role: "domain_controller", criticality: "critical", aliases: ["10.0.0.5"] },
    { account: "svc-deploy", role: "deployment" },
  ],
};
const csvExample =
  "kind,name,role,criticality,aliases\nhost,dc01.corp.example,domain_controller,critical,10.0.0.5\naccount,svc-deploy,deployment,,\n";

export function assetRoutes({ assets }: ApiDependencies): Route[] {
  return [
    route({
      method: "GET",
      path: "/api/assets",
      permission: "read",
      callers: "users and keys",
      tag: "Assets",
      summary: "Hosts and accounts with their roles",
      description:
        "The rows of every source: `assets.json` (`file`) comes before the list of this API (`api`), which comes before what logs show (`inferred`), for role and criticality each by itself. With `from=api` it is the list that PUT replaces. The header ETag names its revision.",
      query: v.object({
        entity,
        from: v.optional(v.pipe(word(assetSources), v.description("Rows of this source."))),
        kind: v.optional(v.pipe(word(assetKinds), v.description("Rows of this kind."))),
        role: v.optional(
          v.pipe(word([...new Set([...hostRoles, ...accountRoles])]), v.description("Rows of this role.")),
        ),
        criticality: v.optional(v.pipe(word(criticalities), v.description("Rows that say this criticality."))),
        text: v.optional(v.pipe(shortText(), v.description("Part of a name or an alias."))),
        format: v.optional(v.pipe(word(["json", "csv"]), v.description("Also by the header Accept: text/csv."))),
      }),
      answers: { 200: { description: "Hosts first, by name.", schema: answer, csv: csvExample } },
      handle: async ({ c, caller, query }) => {
        const { entity: asked, format, ...given } = query;
        const filters = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
        const { entity: name, revision, rows: shown } = await assets.list(caller, asked ?? null, filters);
        c.header("ETag", tagOf(revision));
        const wantsCsv = format === "csv" || (format === undefined && isCsv(c.req.header("accept")));
        if (!wantsCsv) return c.json({ entity_name: name, total: shown.length, assets: shown.map(shownAsset) });
        c.header("Content-Type", "text/csv; charset=utf-8");
        c.header("Content-Disposition", 'attachment; filename="assets.csv"');
        return c.body(assetsAsCsv(shown));
      },
    }),
    route({
      method: "PUT",
      path: "/api/assets",
      permission: "assets:write",
      callers: "users",
      tag: "Assets",
      summary: "Replaces the entity's list",
      description: `Whole and at once, or not at all: one wrong row refuses the list, and every wrong value is named. At most ${mostAssets} rows. What GET answers can be sent back: rows whose \`from\` is \`file\` or \`inferred\` and that say no more than that are no part of the list. With If-Match (the ETag of GET) a list that somebody else has changed since is not overwritten. Open incidents of the hosts and accounts concerned are scored again.`,
      query: v.object({
        entity,
        trial: v.optional(
          v.pipe(word(["true", "false"]), v.description("true = it says what would change, and changes nothing.")),
        ),
      }),
      textBody: { most: 8 * mebibyte, schema: newList, example, csv: csvExample },
      answers: {
        200: {
          description: "How the list differs from the one before.",
          schema: replaced,
        },
        412: { description: "The list has been changed since the revision that If-Match names." },
        422: { description: "The lists of all entities together would be too long." },
      },
      handle: async ({ c, caller, query, text }) => {
        const list = readAssetList(text);
        const entities = new Map(
          list.rows.flatMap((one) => (one.entity === null ? [] : [[normaliseName(one.entity), one.entity] as const])),
        );
        const [only] = entities.values();
        const named = query.entity ?? list.entity ?? only ?? null;
        if (named !== null) {
          if (list.entity !== null && normaliseName(list.entity) !== normaliseName(named))
            throw new BadRequest([{ name: "entity", reason: "the query and the body name two entities" }]);
          entities.delete(normaliseName(named));
        }
        if (entities.size > 0)
          throw new BadRequest([
            { name: "entity", reason: "rows of more than one entity: a request replaces the list of one" },
          ]);
        const revision = revisionOf(c.req.header("if-match"));
        const isTrial = query.trial === "true";
        const done = await assets.replace(caller, named, { rows: list.rows, revision, isTrial });
        c.header("ETag", tagOf(done.revision));
        const { changes, ...counts } = replacedJson(done);
        return c.json(isTrial ? { ...counts, changes } : counts);
      },
    }),
    route({
      method: "PATCH",
      path: "/api/assets",
      permission: "assets:write",
      callers: "users",
      tag: "Assets",
      summary: "Changes rows of the entity's list",
      description:
        "Rows that it does not name stay. All of it, or nothing. With If-Match (the ETag of GET) a list that somebody else has changed since is left alone.",
      query: v.object({ entity }),
      body: rowsChange,
      bodyExample: {
        set: [{ host: "dc02.corp.example", role: "domain_controller" }],
        remove: [{ kind: "host", name: "dc01" }],
      },
      answers: {
        200: { description: "How the list differs from the one before.", schema: replaced },
        412: { description: "The list has been changed since the revision that If-Match names." },
        422: { description: "Another row has that name, or the lists of all entities together would be too long." },
      },
      handle: async ({ c, caller, query, body }) => {
        const list = readAssetList({ format: "json", text: JSON.stringify({ assets: body.set ?? [] }) });
        const set = list.rows.map(({ asset }) => asset);
        const revision = revisionOf(c.req.header("if-match"));
        const done = await assets.change(caller, query.entity ?? null, { set, remove: body.remove ?? [] }, revision);
        c.header("ETag", tagOf(done.revision));
        return c.json(replacedJson(done));
      },
    }),
  ];
}

function replacedJson({ entity: name, revision: _, leftOut, changes, ...counts }: AssetsChanged) {
  const said = changes.map(({ old, new: next }) => ({
    kind: next?.kind ?? old?.kind,
    name: next?.name ?? old?.name,
    old: old === null ? null : assetWords(old),
    new: next === null ? null : assetWords(next),
  }));
  return { entity_name: name, ...counts, left_out: leftOut, changes: said };
}

/** @throws BadRequest with every wrong value */
export function readAssetList({ format, text }: TextBody) {
  if (format === "json" && isNestedDeeper(text, deepest))
    throw badList([{ name: "body", reason: `is nested deeper than ${deepest} levels` }]);
  if (format === "json" && hasMoreValues(text, mostValues))
    throw badList([{ name: "body", reason: `holds more than ${mostValues} values` }]);
  const list = format === "csv" ? readCsvList(text) : readJsonList(text);
  if ("errors" in list) throw badList(list.errors);
  return list;
}

function badList(errors: readonly ListError[]): BadRequest {
  const rest = errors.length - mostErrors;
  return new BadRequest(
    rest > 0 ? [...errors.slice(0, mostErrors), { name: "body", reason: `and ${rest} more` }] : errors,
  );
}

function tagOf(revision: number): string {
  return `"assets-${revision}"`;
}

/** Null = whichever it is. @throws EdgeError assets_changed for a revision that no list has */
function revisionOf(header: string | undefined): number | null {
  if (header === undefined || header.trim() === "*") return null;
  const [, digits] = /^(?:W\/)?"assets-(\d{1,15})"$/.exec(header.trim()) ?? [];
  if (digits === undefined)
    throw new EdgeError("assets_changed", "If-Match: send the ETag of GET /api/assets as it is, or no If-Match");
  return Number(digits);
}

function isCsv(accept: string | undefined): boolean {
  return accept?.split(",")[0]?.split(";")[0]?.trim().toLowerCase() === "text/csv";
}
