/** @jsxImportSource hono/jsx */
/** `/assets/edit`: one row of an entity's list, new or known. */
import { type AssetKind, assetKinds, criticalities, type ListedAsset } from "../../../../../core/assets/asset.ts";
import { assetPlace } from "../../../../../core/assets/asset-list.ts";
import { roleEffect } from "../../../../../core/assets/role-effect.ts";
import { type Action, page } from "../../page.ts";
import { Area, Field, Select } from "../../parts/field.tsx";
import { Form } from "../../parts/form.tsx";
import { Icon } from "../../parts/icon.tsx";
import { PageHead } from "../../parts/list.tsx";
import { Notice, Panel } from "../../parts/words.tsx";
import { chosen } from "../listing.ts";
import { entityAsked, readRow, readRowText, roleOptions, rowText } from "./asset-rows.ts";

interface Data {
  entity: string;
  kind: AssetKind;
  name: string;
  /** Of the entity's list; null = it has none of this name. */
  row: ListedAsset | null;
  /** What logs show of it; null = nothing. */
  inferred: ListedAsset | null;
}

export const editAssetPage = page<Data>({
  path: "/assets/edit",
  permission: "assets:write",
  at: "/assets",
  title: ({ row, kind }) => (row === null ? `New ${kind}` : row.name),
  load: async (request) => {
    const { caller, ports, url } = request;
    const kind = chosen(url, "kind", assetKinds)[0] ?? "host";
    const name = (url.searchParams.get("name") ?? "").slice(0, 300).toWellFormed();
    const { entity, rows } = await ports.api.assets.list(caller, entityAsked(request), { kind });
    const named = rows.filter((one) => assetPlace(one) === assetPlace({ kind, name }));
    const of = (from: string) => named.find((one) => one.from === from) ?? null;
    return { entity, kind, name, row: of("api"), inferred: of("inferred") };
  },
  view: ({ entity, kind, name, row, inferred }) => {
    const shown = row ?? inferred;
    const back = `/assets?entity=${encodeURIComponent(entity)}`;
    return (
      <>
        <nav class="crumbs" aria-label="Way back">
          <a href={back}>Assets</a>
          <Icon n="chevron-right" s={13} />
          <span>{entity}</span>
        </nav>
        <PageHead title={row?.name ?? (name === "" ? `New ${kind}` : name)} sub={`A ${kind} of ${entity}`} />
        <div class="stack">
          {row === null && inferred !== null ? (
            <Notice kind="run">Logs show its role. What you save here comes before that.</Notice>
          ) : null}
          <Panel title="What it is for" id="row">
            <Form class="form" action="/console/assets/row">
              <input type="hidden" name="entity" value={entity} />
              <input type="hidden" name="kind" value={kind} />
              <input type="hidden" name="was" value={rowText(row)} />
              <Field
                label="Name"
                name="name"
                value={row?.name ?? name}
                required
                autofocus={row === null}
                maxlength={256}
                mono
                hint={
                  kind === "host"
                    ? "As logs name it: short, with its domain, or an address."
                    : "With or without its domain, such as CORP\\svc-deploy."
                }
              />
              <Select
                label="Role"
                name="role"
                value={shown?.role ?? ""}
                options={[["", "not said"], ...roleOptions(kind)]}
              />
              <Select
                label="Criticality"
                name="criticality"
                value={row?.criticality ?? ""}
                options={[["", "the role's own"], ...criticalities.map((one) => [one, one] as const)]}
              />
              <Area
                label="Other names"
                name="aliases"
                value={row?.aliases.join("\n") ?? ""}
                rows={3}
                maxlength={10_000}
                hint="One on each line, up to 20: addresses, short names, SIDs."
              />
              <div class="row wide">
                <button class="btn primary">Save</button>
                <a class="btn plain" href={back}>
                  Cancel
                </a>
              </div>
            </Form>
          </Panel>
          <Panel title="What each role does" id="roles">
            <dl class="kv body">
              {roleOptions(kind).map(([role, words]) => (
                <>
                  <dt>{words}</dt>
                  <dd>{roleEffect(role as never, null)}</dd>
                </>
              ))}
            </dl>
          </Panel>
          {row === null ? null : (
            <Panel title="Remove" id="remove">
              <Form class="form one" action="/console/assets/remove">
                <input type="hidden" name="entity" value={entity} />
                <input type="hidden" name="was" value={rowText(row)} />
                <p class="small soft">The list no longer says anything of it; what the file and logs say stays.</p>
                <button class="btn">
                  <Icon n="trash-2" />
                  Remove from the list
                </button>
              </Form>
            </Panel>
          )}
        </div>
      </>
    );
  },
});

const own = { permission: "assets:write" } as const;

export const editAssetActions: readonly Action[] = [
  {
    ...own,
    path: "/console/assets/row",
    run: async (request) => {
      const { caller, ports, form } = request;
      const row = readRow(request);
      const old = readRowText(form.exact("was", 20_000));
      const renamed = old !== null && assetPlace(old) !== assetPlace(row) ? [old] : [];
      const was = { kind: old?.kind ?? row.kind, name: old?.name ?? row.name, row: old };
      const change = { set: [row], remove: renamed, was };
      const { entity } = await ports.api.assets.change(caller, form.text("entity") || null, change, null);
      return { to: `/assets?entity=${encodeURIComponent(entity)}`, said: `${row.name} is saved.` };
    },
  },
  {
    ...own,
    path: "/console/assets/remove",
    run: async ({ caller, ports, form }) => {
      const old = readRowText(form.exact("was", 20_000));
      if (old === null) return { to: "/assets" };
      const change = { set: [], remove: [old], was: { kind: old.kind, name: old.name, row: old } };
      const { entity } = await ports.api.assets.change(caller, form.text("entity") || null, change, null);
      return { to: `/assets?entity=${encodeURIComponent(entity)}`, said: `${old.name} is no longer in the list.` };
    },
  },
];
