/** Settings saved through the API or the console, and the last connection tests. Secrets are encrypted by the caller. */

import type { TestStep } from "../../core/tickets/ticket-system.ts";
import { toIso } from "../../core/time.ts";
import type { Database } from "../database/database.ts";
import { fromIso } from "../database/iso.ts";
import { integer, text } from "../database/rows.ts";
import { placing, type ReaderPlace } from "../events/event-log.ts";

export interface SavedSetting {
  /** The same name as in the environment. */
  name: string;
  value: string;
  secret: boolean;
  who: string;
  /** Epoch milliseconds. */
  at: number;
}

export async function listSavedSettings(database: Database): Promise<SavedSetting[]> {
  const { rows } = await database.read("select name, value, secret, who, at from saved_settings order by name");
  return rows.map((row) => ({
    name: text(row, "name"),
    value: text(row, "value"),
    secret: integer(row, "secret") === 1,
    who: text(row, "who"),
    at: fromIso(text(row, "at")),
  }));
}

/** Saves all of them or none, with the place of a destination that they make; a value of null removes the setting. */
export async function saveSettings(
  database: Database,
  changes: readonly { name: string; value: string | null; secret: boolean }[],
  { who, now, place = null }: { who: string; now: number; place?: ReaderPlace | null },
): Promise<void> {
  await database.write([
    ...(place === null ? [] : placing(place, now)),
    ...changes.map(({ name, value, secret }) =>
      value === null
        ? { sql: "delete from saved_settings where name = ?", args: [name] }
        : {
            sql: `insert into saved_settings (name, value, secret, who, at) values (?, ?, ?, ?, ?)
              on conflict (name) do update set value = excluded.value, secret = excluded.secret, who = excluded.who, at = excluded.at`,
            args: [name, value, secret ? 1 : 0, who, toIso(now)],
          },
    ),
  ]);
}

export interface ConnectionTest {
  section: string;
  /** Epoch milliseconds. */
  at: number;
  ok: boolean;
  steps: TestStep[];
}

export async function listConnectionTests(database: Database): Promise<ConnectionTest[]> {
  const { rows } = await database.read("select section, at, ok, steps from connection_tests");
  return rows.map((row) => ({
    section: text(row, "section"),
    at: fromIso(text(row, "at")),
    ok: integer(row, "ok") === 1,
    steps: JSON.parse(text(row, "steps")) as TestStep[],
  }));
}

export async function saveConnectionTest(
  database: Database,
  { section, at, ok, steps }: ConnectionTest,
): Promise<void> {
  await database.write([
    {
      sql: `insert into connection_tests (section, at, ok, steps) values (?, ?, ?, ?)
        on conflict (section) do update set at = excluded.at, ok = excluded.ok, steps = excluded.steps`,
      args: [section, toIso(at), ok ? 1 : 0, JSON.stringify(steps)],
    },
  ]);
}
