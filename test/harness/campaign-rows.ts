/** Rows of campaigns in the database of a stopped appliance, as the reader behind intake writes them. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";

type Value = string | number | null;

const code = `import { Database } from "bun:sqlite";
  const [path, statements] = process.argv.slice(1);
  const database = new Database(path);
  database.exec("pragma busy_timeout = 10000");
  database.transaction(() => { for (const [sql, values] of JSON.parse(statements)) database.query(sql).run(...values); })();`;

/** Of a stopped appliance, in a process of its own: two SQLites in one would take each other's locks away. */
export function changeDatabase(
  { dataDir }: { dataDir: string },
  statements: readonly [sql: string, values: Value[]][],
): void {
  const { status, stderr } = spawnSync(
    process.execPath,
    ["-e", code, join(dataDir, "rhythmx.db"), JSON.stringify(statements)],
    { encoding: "utf8" },
  );
  if (status !== 0) throw new Error(stderr);
}

const created = "2026-03-13T04:30:00.000Z";

export interface CampaignRows {
  id: string;
  entity: string;
  joinedInto?: string;
  createdAt?: string;
  incidents?: readonly string[];
  /** Ticket keys by incident. */
  tickets?: Readonly<Record<string, string>>;
  links?: readonly { one: string; other: string; kind: string; what: string; at: number }[];
}

export function writeCampaigns(appliance: { dataDir: string }, campaigns: readonly CampaignRows[]): void {
  changeDatabase(
    appliance,
    campaigns.flatMap(
      ({ id, entity, joinedInto = null, createdAt = created, incidents = [], tickets = {}, links = [] }) => [
        ["insert into campaigns values (?, ?, ?, ?, ?)", [id, entity, joinedInto, createdAt, createdAt]],
        ...incidents.map((one): [string, Value[]] => [
          "update incidents set campaign_id = ? where incident_id = ?",
          [id, one],
        ]),
        ...Object.entries(tickets).map(([one, key]): [string, Value[]] => [
          "update incidents set external_ticket_id = ? where incident_id = ?",
          [key, one],
        ]),
        ...links.map(({ one, other, kind, what, at }): [string, Value[]] => [
          "insert into campaign_links (campaign_id, incident_id, other_id, kind, what, seen_at) values (?, ?, ?, ?, ?, ?)",
          [id, one, other, kind, what, at],
        ]),
      ],
    ),
  );
}
