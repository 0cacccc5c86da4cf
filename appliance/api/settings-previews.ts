/** What settings that are not saved yet would mean: what is masked, where entities go, which actors are shared accounts, what is removed. */
import { type Caller, seesEntity } from "../../core/access/caller.ts";
import { EdgeError } from "../../core/errors.ts";
import { normaliseName, normaliseUser } from "../../core/intake/identity.ts";
import type { Clock } from "../../core/ports.ts";
import { definitionOf, type SettingName } from "../../core/settings/setting-definitions.ts";
import type { GivenValue } from "../../core/settings/tickets.ts";
import { readTicketSettings } from "../../core/settings/tickets.ts";
import { masked } from "../../core/tickets/masking/masking.ts";
import { dayMs } from "../../core/time.ts";
import type { KeptKind } from "../../store/lists/kept/kept-data.ts";
import type { Store } from "../../store/open-store.ts";
import type {
  AccountsPreview,
  MaskingPreview,
  RetentionPreview,
  RoutingPreview,
  SettingsPreview,
} from "../../transports/http/api/settings/settings-port.ts";

type Values = ReadonlyMap<string, GivenValue>;

interface Parts {
  reading: Pick<Store["reading"], "recentEntities" | "recentUsers" | "readKept" | "countUnread">;
  clock: Clock;
}

/** The days that are looked back at. */
const days = 30;
/** Actors and rules that are named. */
const mostNamed = 50;
const longestText = 4_000;

/** @throws EdgeError section_unknown: it has no preview */
export async function previewOf(
  parts: Parts,
  caller: Caller,
  section: string,
  { values, text }: { values: Values; text: string },
): Promise<SettingsPreview> {
  if (section === "masking") return maskingPreview(values, text);
  if (section === "routing") return routingPreview(parts, caller, values);
  if (section === "correlation") return accountsPreview(parts, caller, values);
  if (section === "retention")
    return removalPreview(
      parts,
      numberIn(values, "RHYTHMX_RETENTION_DAYS"),
      numberIn(values, "RHYTHMX_AUDIT_RETENTION_DAYS"),
    );
  throw withoutPreview(section);
}

/** The number of a setting that is right, else that of its default. */
function numberIn(values: Values, name: SettingName): number {
  const { form, fallback } = definitionOf(name);
  return Number(form.read(values.get(name)?.text.trim() ?? fallback) ?? fallback);
}

/** What retention would remove at its next pass with so many days. */
async function removalPreview({ reading, clock }: Parts, days: number, auditDays: number): Promise<RetentionPreview> {
  const kept = await reading.readKept({ now: clock.now(), days, auditDays });
  const removes = new Map(kept.map((one) => [one.kind, one.removes]));
  const of = (kind: KeptKind) => removes.get(kind) ?? 0;
  return {
    days,
    audit_days: auditDays,
    alerts: of("alerts"),
    closed_incidents: of("incidents"),
    deliveries: of("deliveries"),
    alarms: of("alarms"),
    events: of("events"),
    unread: await reading.countUnread(of("events")),
    audit_entries: of("audit"),
  };
}

export function withoutPreview(section: string): EdgeError {
  return new EdgeError(
    "section_unknown",
    `section ${section.slice(0, 40)} has no preview: masking, routing, correlation, retention`,
  );
}

function maskingPreview(values: Values, text: string): MaskingPreview {
  const { maskPatterns } = readTicketSettings(values).settings;
  return {
    masked: masked(text.slice(0, longestText), maskPatterns),
    without_patterns: masked(text.slice(0, longestText)),
  };
}

async function routingPreview({ reading, clock }: Parts, caller: Caller, values: Values): Promise<RoutingPreview> {
  const { settings } = readTicketSettings(values);
  const seen = (await reading.recentEntities(clock.now() - days * dayMs)).filter(({ entity }) =>
    seesEntity(caller, entity),
  );
  const names = new Set(seen.map(({ entity }) => normaliseName(entity)));
  const { jira, servicenow, proactive, enabled } = settings;
  return {
    days,
    entities: seen.map(({ entity, detections }) => {
      const route = settings.routes.get(entity.trim().toLowerCase());
      return {
        entity,
        detections,
        is_routed: route !== undefined,
        jira_project: enabled.jira && jira !== null ? (route?.jiraProject ?? jira.projectKey) : null,
        assignment_group:
          enabled.servicenow && servicenow !== null ? (route?.assignmentGroup ?? servicenow.assignmentGroup) : null,
        service_identifier:
          enabled.proactive && proactive !== null ? (route?.serviceIdentifier ?? proactive.serviceIdentifier) : null,
      };
    }),
    never_seen: [...settings.routes.keys()].filter((entity) => !names.has(normaliseName(entity))),
  };
}

async function accountsPreview(parts: Parts, caller: Caller, values: Values): Promise<AccountsPreview> {
  const { reading, clock } = parts;
  const given = values.get("SHARED_ACCOUNTS")?.text ?? definitionOf("SHARED_ACCOUNTS").fallback;
  const shared = new Set(given.split(",").map((one) => normaliseUser(one.trim())));
  const found = new Map<string, { entity: string; name: string }>();
  for (let after: number | null = 0; after !== null; ) {
    const step: Awaited<ReturnType<typeof reading.recentUsers>> = await reading.recentUsers(
      clock.now() - days * dayMs,
      after,
    );
    for (const user of step.users)
      if (shared.has(user.name) && seesEntity(caller, user.entity))
        found.set(JSON.stringify([normaliseName(user.entity), user.name]), user);
    after = step.next;
  }
  return { days, count: found.size, actors: [...found.values()].slice(0, mostNamed) };
}
