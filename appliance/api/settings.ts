/** Settings of ticket systems and feeds on behalf of an administrator; every change and test is added to the audit log. */
import type { Caller } from "../../core/access/caller.ts";

import { type AuditLog, auditAuthor } from "../access/audit-log.ts";
import { type FeedSettingsService, isFeedSection } from "../feeds/feed-settings.ts";
import type { SettingsService } from "../tickets/settings-service.ts";

type Json = Record<string, unknown>;

interface Change {
  name: string;
  old: string | null;
  new: string | null;
}

/** A value as the audit log keeps it. */
const longest = 200;

export function settingsPort(tickets: SettingsService, feeds: FeedSettingsService, audit: AuditLog) {
  return {
    section: (section: string): Json => (isFeedSection(section) ? feeds.section(section) : tickets.section(section)),
    status: () => tickets.status(),
    feeds: (caller: Caller): Promise<Json[]> => feeds.status(caller.entities === null),
    test: async (caller: Caller, section: string, fields: Json) => {
      const tested = isFeedSection(section)
        ? { ...(await feeds.test(section, fields)), given: givenFields(fields) }
        : await tickets.test(section, fields);
      const { ok, steps, at, given } = tested;
      await audit.note(auditAuthor(caller), "settings.test", section, { ok, with: given });
      return { ok, steps, at };
    },
    save: async (caller: Caller, section: string, fields: Json): Promise<Json> => {
      if (!isFeedSection(section)) {
        const saved = await tickets.save(section, fields, caller.name);
        await audit.note(auditAuthor(caller), "settings.save", section, { changes: saved.changes });
        return saved.section;
      }
      const before = feeds.section(section);
      const saved = await feeds.save(section, fields, caller.name);
      const changes = changesBetween(before, saved.section, saved.changed);
      await audit.note(auditAuthor(caller), "settings.save", section, { changes });
      return saved.section;
    },
  };
}

/** Feed settings contain no secrets: private keys are in files. */
function changesBetween(before: Json, after: Json, names: readonly string[]): Change[] {
  const changes = names.map((name) => ({
    name,
    old: auditValue(valueIn(before, name)),
    new: auditValue(valueIn(after, name)),
  }));
  return changes.filter((change) => change.old !== change.new);
}

function givenFields(fields: Json): Change[] {
  return Object.entries(fields).map(([name, value]) => ({
    name: name.slice(0, 64),
    old: null,
    new: auditValue(value),
  }));
}

function valueIn(section: Json, name: string): unknown {
  const fields = section.fields as Readonly<Record<string, { value?: unknown }>>;
  return Object.hasOwn(fields, name) ? fields[name]?.value : undefined;
}

function auditValue(value: unknown): string | null {
  if (value === undefined || value === null) return null;
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text.length > longest ? `${text.slice(0, longest).toWellFormed()}…` : text;
}
