/** @jsxImportSource hono/jsx */
/** `/settings`: every setting with what is in force, where that is set, and where it is changed, or why it cannot be changed here. */
import type { ListedSetting } from "../../../api/settings/settings-port.ts";
import { page } from "../../page.ts";
import { PageHead, Table } from "../../parts/list.tsx";
import { valueText } from "../../parts/settings/field-spec.ts";
import { Source } from "../../parts/settings/source.tsx";
import { Panel } from "../../parts/words.tsx";
import { integrations } from "../integrations/catalogue.ts";
import { AreasFrame, areas, settingsPath } from "./areas.tsx";
import { labelOf } from "./labels.ts";

interface Group {
  id: string;
  title: string;
  path: string | null;
  rows: readonly ListedSetting[];
}

/** A value is shown in its beginning. */
const longest = 160;

export const allSettingsPage = page<Group[]>({
  path: settingsPath,
  permission: "administer",
  at: settingsPath,
  title: () => "Settings",
  load: async ({ ports }) => groupsOf(await ports.api.settings.all()),
  view: (groups) => (
    <>
      <PageHead
        title="Settings"
        sub="Every setting with what is in force. What the environment or a file says is changed there; everything else here, and holds at once."
      />
      <AreasFrame at={null}>
        {groups.map(({ id, title, path, rows }) => (
          <Panel title={title} id={id} note={path === null ? undefined : <a href={path}>Change</a>}>
            <Table
              caption={title}
              rows={rows}
              keys={false}
              id={({ setting }) => `${id}-${setting}`}
              columns={[
                { head: "Setting", class: "wide any", cell: (row) => <Name row={row} path={path} /> },
                { head: "Value", class: "any", label: "value", cell: (row) => <Value row={row} /> },
                { head: "Set", label: "set", cell: (row) => <Source {...row} value={row.value ?? ""} /> },
              ]}
            />
          </Panel>
        ))}
      </AreasFrame>
    </>
  ),
});

/** What the form calls it, and below it what files and the environment do. */
const Name = ({ row: { setting, section, field, fixed }, path }: { row: ListedSetting; path: string | null }) => {
  const label = section === null || field === null ? null : labelOf(section, field);
  const name = label ?? <code>{setting}</code>;
  return (
    <>
      {path === null || field === null ? name : <a href={field === "syslog" ? path : `${path}#f-${field}`}>{name}</a>}
      {label === null ? null : (
        <div class="small soft">
          <code>{setting}</code>
        </div>
      )}
      {fixed === null ? null : <div class="small soft">Cannot be set here: {fixed}.</div>}
    </>
  );
};

const Value = ({ row: { value, configured, field } }: { row: ListedSetting }) => {
  if (configured !== undefined) return <>{configured ? "•••••••• (set)" : <span class="quiet">not set</span>}</>;
  if (field === "syslog" && Array.isArray(value))
    return <>{value.length === 1 ? "1 destination" : `${value.length} destinations`}</>;
  const text = valueText(value);
  if (text === "") return <span class="quiet">nothing</span>;
  return <code>{text.length > longest ? `${text.slice(0, longest).toWellFormed()}…` : text}</code>;
};

/** By page, in the order of the list beside; what cannot be set stands last, hosts and accounts have a page of their own. */
function groupsOf(settings: readonly ListedSetting[]): Group[] {
  const pages = [
    ...areas.map(({ section, title, path }) => ({ id: section, title, path })),
    ...integrations.map(({ id, title, path }) => ({ id, title, path })),
  ];
  return [
    ...pages.map((one) => ({ ...one, rows: settings.filter(({ section }) => section === one.id) })),
    { id: "start", title: "Read at the start", path: null, rows: settings.filter(({ fixed }) => fixed !== null) },
  ];
}
