/** @jsxImportSource hono/jsx */
/** `/settings/packs`: files by which SIEMs, SOARs and monitors are connected, to be read and downloaded by everybody. */
import { type Action, page } from "../../page.ts";
import { Form } from "../../parts/form.tsx";
import { Icon } from "../../parts/icon.tsx";
import { PageHead, Table } from "../../parts/list.tsx";
import { Panel } from "../../parts/words.tsx";
import { sizeOf } from "../system/system-state.ts";

/** As `GET /api/packs` lists it. */
interface PackRow {
  name: string;
  title: string;
  summary: string;
  version: string;
  files: number;
  bytes: number;
}

interface PackDetail extends PackRow {
  readme: string;
  contents: { path: string; bytes: number }[];
}

const at = "/settings/packs";

export const packsPage = page<PackRow[]>({
  path: at,
  permission: "read",
  at,
  title: () => "Packs",
  load: async ({ ports }) => (await ports.api.packs.list()) as unknown as PackRow[],
  view: (rows) => (
    <>
      <PageHead
        title="Packs"
        sub="Files by which SIEMs, SOARs and monitors are connected: parsers, searches, dashboards, playbooks. They hold no secrets."
      />
      <section class="panel list" aria-label="Packs">
        <Table
          caption="Packs, by name"
          rows={rows}
          id={({ name }) => `pack-${name}`}
          columns={[
            {
              head: "Pack",
              class: "wide",
              cell: ({ name, title, summary }) => (
                <>
                  <a class="lead" href={`${at}/${name}`}>
                    {title}
                  </a>
                  <div class="small soft">{summary}.</div>
                </>
              ),
            },
            { head: "Version", class: "nowrap", label: "version", cell: ({ version }) => version },
            { head: "Files", class: "r", label: "files", cell: ({ files }) => String(files) },
            { head: "Size", class: "r nowrap", label: "size", cell: ({ bytes }) => sizeOf(bytes) },
            { head: "Download", cell: ({ name }) => <Download name={name} mini /> },
          ]}
        />
      </section>
      <p class="small soft below">
        On the appliance <code>rhythmx packs export DIR</code> writes the same files; programs get them from{" "}
        <code>GET /api/packs</code>.
      </p>
    </>
  ),
});

export const packPage = page<PackDetail>({
  path: `${at}/:name`,
  permission: "read",
  at,
  title: ({ title }) => title,
  load: async ({ ports, param }) => (await ports.api.packs.find(param("name"))) as unknown as PackDetail,
  view: ({ name, title, summary, version, files, bytes, readme, contents }) => (
    <>
      <nav class="crumbs" aria-label="Where this page is">
        <a href={at}>Packs</a> <span class="mono">{name}</span>
      </nav>
      <PageHead title={title} sub={`${summary}.`}>
        <Download name={name} />
      </PageHead>
      <div class="cols">
        <Panel title="README" id="readme">
          <div class="body">
            <pre class="log tall mono" tabindex={0}>
              {readme}
            </pre>
          </div>
        </Panel>
        <Panel title="Files" id="files" note={`${files}, ${sizeOf(bytes)}, for version ${version}`}>
          <ul class="body">
            {contents.map((one) => (
              <li class="spread small">
                <code class="any">{one.path}</code>
                <span class="quiet nowrap">{sizeOf(one.bytes)}</span>
              </li>
            ))}
          </ul>
        </Panel>
      </div>
    </>
  ),
});

const Download = ({ name, mini = false }: { name: string; mini?: boolean }) => (
  <Form action={`/console/packs/${name}/file`} plain label={`Download ${name}`}>
    <button class={mini ? "btn mini" : "btn primary"}>
      <Icon n="download" s={mini ? 13 : 15} />
      Download <span class="vh">{name} as </span>
      {mini ? null : "tar.gz"}
    </button>
  </Form>
);

export const packActions: readonly Action[] = [
  {
    path: "/console/packs/:name/file",
    permission: "read",
    run: async ({ ports, param }) => {
      const { file, bytes } = await ports.api.packs.archive(param("name"));
      return { file, type: "application/gzip", body: new Blob([bytes as Uint8Array<ArrayBuffer>]).stream() };
    },
  },
];
