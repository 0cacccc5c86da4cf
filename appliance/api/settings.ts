/** Settings on behalf of an administrator: those of ticket systems and of the feeds, each change and each test noted in the audit log. */
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

/** What the audit log keeps of a value. */
const longest = 200;

export function settingsPort(tickets: SettingsService, feeds: FeedSettingsService, audit: AuditLog) {
  return {
    section: (section: string): Json => (isFeedSection(section) ? feeds.section(section) : tickets.section(section)),
    status: () => tickets.status(),
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

/** Feeds have no secrets: keys of certificates are files. */
function changesBetween(before: Json, after: Json, names: readonly string[]): Change[] {
  const changes = names.map((name) => ({ name, old: told(valueIn(before, name)), new: told(valueIn(after, name)) }));
  return changes.filter((change) => change.old !== change.new);
}

function givenFields(fields: Json): Change[] {
  return Object.entries(fields).map(([name, value]) => ({ name: name.slice(0, 64), old: null, new: told(value) }));
}

function valueIn(section: Json, name: string): unknown {
  const fields = section.fields as Readonly<Record<string, { value?: unknown }>>;
  return Object.hasOwn(fields, name) ? fields[name]?.value : undefined;
}

function told(value: unknown): string | null {
  if (value === undefined || value === null) return null;
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text.length > longest ? `${text.slice(0, longest).toWellFormed()}…` : text;
}
