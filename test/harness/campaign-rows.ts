/** Rows of campaigns in the database of a stopped appliance, as the reader behind intake writes them. */
import { changeDatabase, type Value } from "./database-file.ts";

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
