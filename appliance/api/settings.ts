/** Settings of ticket systems and feeds on behalf of an administrator; every change and test is added to the audit log. */

import type { Caller } from "../../core/access/caller.ts";
import type { Clock } from "../../core/ports.ts";
import { settingValues } from "../../core/settings/reload/changes.ts";
import type { ResolvedSettings } from "../../core/settings/resolve.ts";
import { feedSections } from "../../core/settings/sections/feed-section.ts";
import { type FieldProblem, refuseProblems } from "../../core/settings/sections/section-version.ts";
import { settingsSectionNames } from "../../core/settings/sections/sections.ts";
import { environmentPlaces, otherPlaces } from "../../core/settings/setting-definitions.ts";
import { scalarText } from "../../core/text/own.ts";
import { shownName } from "../../core/text/visible.ts";
import type { TargetScreens } from "../../core/tickets/fields/target-fields.ts";
import { dayMs } from "../../core/time.ts";
import type { Store } from "../../store/open-store.ts";
import type { ListedSetting, NewPlace } from "../../transports/http/api/settings/settings-port.ts";
import type { CadenceEstimate, RetryEstimate } from "../../transports/http/api/shapes/estimate-shapes.ts";
import { type AuditLog, auditAuthor } from "../access/audit-log.ts";
import { type FeedSettingsService, isFeedSection } from "../feeds/feed-settings.ts";
import { cadenceEstimate, retryEstimate } from "../tickets/estimates.ts";
import type { SettingsService } from "../tickets/settings-service.ts";
import { previewOf, withoutPreview } from "./settings-previews.ts";

type Json = Record<string, unknown>;

/** What the sections of feeds and those of other settings have in common. */
interface SectionField {
  setting: string;
  value?: unknown;
  configured?: boolean;
  source: string;
  pinned: boolean;
}

interface Change {
  name: string;
  old: string | null;
  new: string | null;
}

/** A value as the audit log keeps it. */
const longest = 200;

/** Days of incidents by which auto-push is estimated. */
const estimatedDays = 7;

interface Parts {
  tickets: SettingsService;
  feeds: FeedSettingsService;
  audit: AuditLog;
  reading: Pick<
    Store["reading"],
    | "countPeakLevels"
    | "recentEntities"
    | "recentUsers"
    | "readKept"
    | "countUnread"
    | "failedDeliveries"
    | "ticketLevels"
  >;
  clock: Clock;
  /** The settings in force. */
  inForce(): ResolvedSettings;
}

export function settingsPort({ tickets, feeds, audit, reading, clock, inForce }: Parts) {
  const sectionOf = async (section: string): Promise<Json> =>
    isFeedSection(section) ? feeds.section(section) : tickets.section(section);
  /** The values in force with these laid over them. @throws UsageError with every field that is wrong */
  const rightValues = (section: string, fields: Json) => {
    refuseProblems(tickets.check(section, fields));
    return tickets.meant(section, fields);
  };
  return {
    all: () => everySetting(sectionOf, inForce()),
    section: sectionOf,
    pushEstimate: async () => {
      const { critical, high, medium, low } = await reading.countPeakLevels(clock.now() - estimatedDays * dayMs);
      const by_min_severity = {
        CRITICAL: critical,
        HIGH: critical + high,
        MEDIUM: critical + high + medium,
        LOW: critical + high + medium + low,
      };
      return { days: estimatedDays, incidents: by_min_severity.LOW, by_min_severity };
    },
    retryEstimate: async (fields: Json): Promise<RetryEstimate> =>
      retryEstimate({ reading, clock }, tickets.meant("retry", {}), rightValues("retry", fields)),
    cadenceEstimate: async (fields: Json): Promise<CadenceEstimate> =>
      cadenceEstimate({ reading, clock }, tickets.meant("servicenow", {}), rightValues("servicenow", fields)),
    status: () => tickets.status(),
    feeds: (caller: Caller): Promise<Json[]> => feeds.status(caller.entities === null),
    check: async (section: string, fields: Json): Promise<FieldProblem[]> =>
      isFeedSection(section) ? feeds.check(section, fields) : tickets.check(section, fields),
    preview: async (caller: Caller, section: string, fields: Json, text: string) => {
      if (isFeedSection(section)) throw withoutPreview(section);
      return previewOf({ reading, clock }, caller, section, { values: rightValues(section, fields), text });
    },
    test: async (caller: Caller, section: string, fields: Json) => {
      const tested = isFeedSection(section)
        ? { ...(await feeds.test(section, fields)), given: givenFields(fields) }
        : await tickets.connections.test(section, fields);
      const { ok, steps, at, given } = tested;
      await audit.note(auditAuthor(caller), "settings.test", section, { ok, with: given });
      return { ok, steps, at };
    },
    /** The fields of a target's own screens; `fields` are laid over the settings in force. */
    screens: async (caller: Caller, section: string, fields: Json, fresh: boolean): Promise<TargetScreens> => {
      const screens = await tickets.connections.screens(section, fields, fresh);
      const read = screens.screens.map(({ setting }) => setting);
      if (fresh) await audit.note(auditAuthor(caller), "settings.fields", section, { ok: read.length > 0, read });
      return screens;
    },
    save: async (
      caller: Caller,
      section: string,
      fields: Json,
      version: string | null,
      { despite = [], place = null }: { despite?: readonly string[]; place?: NewPlace | null } = {},
    ): Promise<Json> => {
      if (!isFeedSection(section)) {
        const saved = await tickets.save(section, fields, caller.name, version);
        const noted = despite.length === 0 ? {} : { despite };
        await audit.note(auditAuthor(caller), "settings.save", section, { changes: saved.changes, ...noted });
        return saved.section;
      }
      const before = await feeds.section(section);
      const saved = await feeds.save(section, fields, { who: caller.name, version, place });
      const changes = changesBetween(before, saved.section, saved.changed).map((change) => ({
        name: change.name,
        old: change.old === null ? null : feeds.explained(change.old),
        new: change.new === null ? null : feeds.explained(change.new),
      }));
      await audit.note(auditAuthor(caller), "settings.save", section, { changes });
      if (place !== null) {
        const { name, from, queued } = place;
        if (from === null)
          await audit.note(auditAuthor(caller), "feed.forget", `${section}/${name}`, { messages: queued });
        else await audit.note(auditAuthor(caller), "feed.place", section, { from, to: name });
      }
      return saved.section;
    },
  };
}

/** Every setting: the fields of all sections, then what cannot be saved. */
async function everySetting(sectionOf: (section: string) => Promise<Json>, inForce: ResolvedSettings) {
  const sections = await Promise.all([...Object.keys(feedSections), ...settingsSectionNames].map(sectionOf));
  const saved = sections.flatMap(({ section, fields }) =>
    Object.entries(fields as Readonly<Record<string, SectionField>>).map(
      ([field, { setting, value, configured, source, pinned }]): ListedSetting => ({
        setting,
        section: String(section),
        field,
        ...(configured === undefined ? { value } : { configured }),
        source,
        pinned,
        fixed: null,
      }),
    ),
  );
  const { settings, origins } = inForce;
  const values = new Map<string, string | null>([
    ...settingValues(settings).map(({ name, value }) => [name, value] as const),
    ["RHYTHMX_CONFIG_DIR", settings.configDir],
  ]);
  const others = Object.entries({ ...environmentPlaces, ...otherPlaces }).flatMap(
    ([setting, place]): ListedSetting[] => {
      if ("section" in place) return [];
      const { source, pinned } = origins[setting] ?? { source: "default", pinned: false };
      return [
        { setting, section: null, field: null, value: values.get(setting) ?? null, source, pinned, fixed: place.fixed },
      ];
    },
  );
  return [...saved, ...others];
}

/** Destinations option by option. Feed settings hold no secrets: private keys are in files, or uploaded and named by their hash. */
function changesBetween(before: Json, after: Json, names: readonly string[]): Change[] {
  return names
    .flatMap((name) => {
      const [old, now] = [valueIn(before, name), valueIn(after, name)];
      return name === "syslog" ? destinationChanges(old, now) : [{ name, old: auditValue(old), new: auditValue(now) }];
    })
    .filter((change) => change.old !== change.new);
}

function destinationChanges(before: unknown, after: unknown): Change[] {
  const [old, now] = [byName(before), byName(after)];
  return [...new Set([...old.keys(), ...now.keys()])].flatMap((name): Change[] => {
    const [one, other] = [old.get(name), now.get(name)];
    if (one === undefined || other === undefined)
      return [{ name: `syslog.${name}`, old: auditValue(one), new: auditValue(other) }];
    return [...new Set([...Object.keys(one), ...Object.keys(other)])].map((option) => ({
      name: `syslog.${name}.${option}`,
      old: auditValue(one[option]),
      new: auditValue(other[option]),
    }));
  });
}

function byName(destinations: unknown): Map<string, Json> {
  const list = Array.isArray(destinations) ? (destinations as Json[]) : [];
  return new Map(list.map((one) => [scalarText(one.name), one]));
}

/** What a test was made with: a certificate or key that was sent in the place of its path is only named. */
function givenFields(fields: Json): Change[] {
  return Object.entries(fields).map(([name, value]) => ({
    name: shownName(name),
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
  const text = (typeof value === "string" ? value : JSON.stringify(value)).replace(
    /-----BEGIN(?:[^-]|-(?!----END))*(?:-----END[^-]*-----)?/g,
    "(a PEM file)",
  );
  return text.length > longest ? `${text.slice(0, longest).toWellFormed()}…` : text;
}
