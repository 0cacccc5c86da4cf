/** What the API answers about tickets and ticket systems. */
import * as v from "valibot";
import { feedNames } from "../../../../core/feeds/feeds.ts";
import { feedSections } from "../../../../core/settings/sections/feed-section.ts";
import { fieldPolicies } from "../../../../core/tickets/policy.ts";
import { deliveryStates, ticketSystems } from "../../../../core/tickets/ticket.ts";
import { count, orNull, text, time } from "./field-shapes.ts";

export const ticketRow = v.object({
  incident_id: text,
  entity_name: text,
  system: v.picklist(ticketSystems),
  generation: count,
  ticket_id: orNull(text),
  ticket_url: orNull(text),
  ticket_status: v.pipe(orNull(text), v.description("As the target calls it, when it was last read.")),
  state: v.pipe(
    v.picklist(["on its way", "made, not identified", "there", "gone", "given up", "told in another"]),
    v.description(
      "`made, not identified`: the target has made it and does not say which it is, so a person has to. `gone`: deleted in the target; creating a ticket makes another one. `given up`: discarded, or sent again as another generation. `told in another`: one ticket stands for its campaign, see `told_in`.",
    ),
  ),
  merged_into: v.pipe(orNull(text), v.description("Of which other ticket it is a part or a duplicate.")),
  told_in: v.pipe(
    orNull(
      v.object({
        incident_id: text,
        system: v.picklist(ticketSystems),
        ticket_id: text,
        ticket_url: text,
        told_at: time,
      }),
    ),
    v.description("The ticket of another incident of its campaign in which it was told."),
  ),
  gone_at: orNull(time),
  last_read_at: v.pipe(orNull(time), v.description("When the target last answered for it.")),
  created_at: time,
  updated_at: time,
});

export const riskUpdate = v.pipe(
  orNull(
    v.object({
      push: v.boolean(),
      reason: text,
      told_level: text,
      level: text,
      last_update_at: orNull(time),
      next_at: orNull(time),
    }),
  ),
  v.description("What the cadence gate says of the incident's present level; null without a ticket."),
);

const attemptFields = {
  at: time,
  duration_ms: count,
  action: v.picklist(["send", "lookup"]),
  request: text,
  status: orNull(v.number()),
  outcome: text,
  words: text,
};

export const deliveryRow = v.object({
  id: text,
  incident_id: text,
  entity_name: text,
  system: v.picklist(ticketSystems),
  kind: text,
  state: v.picklist(deliveryStates),
  attempts: v.pipe(count, v.description("That failed.")),
  cause: v.pipe(
    orNull(text),
    v.description(
      "Why it stands still. `campaign`: a create that was given up because one ticket stands for the campaign; it is planned again where that ticket cannot. `made_not_identified`: the target has made the ticket and its answer does not say which; `unknown_outcome`: it may have made it. Both wait for a person: identify, retry (another generation) or discard.",
    ),
  ),
  detail: v.pipe(orNull(text), v.description("The target's own words.")),
  trigger: v.picklist(["auto", "manual"]),
  who: text,
  next_attempt_at: orNull(time),
  created_at: time,
  updated_at: time,
  attempt_history: v.array(v.object(attemptFields)),
});

const keptBody = (what: string) =>
  v.pipe(
    orNull(text),
    v.description(
      `${what}, at most 65,536 characters, secrets masked; null = none, or no longer kept: the newest ten attempts have theirs.`,
    ),
  );

export const deliveryDetail = v.object({
  ...deliveryRow.entries,
  correlation: v.pipe(
    orNull(text),
    v.description(
      "Of a create that waits for a person to name its ticket: the label (Jira) or correlation id by which it is looked for there.",
    ),
  ),
  attempt_history: v.array(
    v.object({
      ...attemptFields,
      request_body: keptBody("What was sent"),
      answer_body: keptBody("What the target said; of look-ups not for callers who are limited to entities"),
    }),
  ),
});

export const foundCandidates = v.object({
  candidates: v.array(
    v.object({
      number: v.pipe(text, v.description("For `identify`.")),
      url: text,
      title: v.pipe(text, v.description("Empty: the target does not say.")),
      status: v.pipe(text, v.description("As the target calls it; empty: it does not say.")),
      made_at: orNull(time),
      ticket_of: v.pipe(orNull(text), v.description("The incident whose ticket it is already, and stays.")),
    }),
  ),
  doubt: v.pipe(orNull(text), v.description("Why there may be others, or why nothing is shown; null = that is all.")),
});

export const deadLetterGroup = v.object({
  system: v.picklist(ticketSystems),
  state: v.picklist(["parked", "dead"]),
  cause: text,
  count: count,
  oldest: v.pipe(time, v.description("Since when the first of them stands still.")),
  newest: time,
  detail: v.pipe(text, v.description("Of the newest, with the target's own words.")),
  delivery_id: v.pipe(text, v.description("The newest.")),
  incident_id: text,
});

const steps = v.array(
  v.object({
    name: text,
    ok: v.boolean(),
    detail: text,
    asks: v.exactOptional(
      v.pipe(
        v.boolean(),
        v.description("Something that the target requires is not filled: a person has to accept it."),
      ),
    ),
    warning: v.exactOptional(v.pipe(v.boolean(), v.description("It works, and something of it does not."))),
    refused: v.exactOptional(v.pipe(v.boolean(), v.description("The target answers, and refuses."))),
    of: v.exactOptional(v.pipe(text, v.description("Which destination it is about: `alerts/siem`."))),
    words: v.exactOptional(v.pipe(text, v.description("What the target says, in its own words."))),
    certificates: v.exactOptional(
      v.pipe(
        v.array(v.object({ subject: text, issuer: text, names: text, valid_from: time, valid_to: time })),
        v.description("The chain that the target shows, its own certificate first."),
      ),
    ),
  }),
);

export const connectionTest = v.object({ ok: v.boolean(), steps, at: time });

export const integrationStatus = v.object({
  system: v.picklist(ticketSystems),
  configured: v.boolean(),
  enabled: v.boolean(),
  warnings: v.pipe(v.array(text), v.description("What somebody should mend.")),
  last_test: orNull(v.object({ at: time, ok: v.boolean(), steps })),
  answers: v.pipe(v.boolean(), v.description("False while nothing is sent because the system is down.")),
  deliveries: v.pipe(v.record(text, count), v.description("Unfinished ones by state.")),
  sync: v.pipe(
    v.object({
      last_search: orNull(time),
      last_good_search: orNull(time),
      next_search: v.pipe(orNull(time), v.description("By its schedule; null where it is not enabled.")),
      error: orNull(text),
    }),
    v.description("The search for tickets that have changed."),
  ),
  tickets: v.pipe(
    v.object({ known: count, gone: count, unreadable: count }),
    v.description("Those that there are, those that are no longer in the target, those that could not be read."),
  ),
  webhooks: v.pipe(v.boolean(), v.description("A secret is set, so webhooks are taken.")),
  fields: v.pipe(
    v.record(text, v.object({ policy: v.picklist(fieldPolicies), winner: v.picklist(["ticket", "rhythmx"]) })),
    v.description("What is kept in step, and whose value stays when both have changed it."),
  ),
});

export const feedStatus = v.object({
  section: v.picklist(Object.keys(feedSections)),
  feed: v.picklist(feedNames),
  configured: v.boolean(),
  enabled: v.boolean(),
  source: v.pipe(text, v.description("Where its destinations are set: a file, `saved` or `default`.")),
  pinned: v.pipe(v.boolean(), v.description("They cannot be changed here.")),
  last_test: orNull(v.object({ at: time, ok: v.boolean(), steps })),
  destinations: v.array(
    v.object({
      name: text,
      protocol: text,
      encrypted: v.pipe(v.boolean(), v.description("By TLS: also of `relp`.")),
      address: v.pipe(orNull(text), v.description("Host and port; null for callers who are limited to entities.")),
      preset: orNull(text),
      framing: orNull(text),
      min_risk: count,
      entities: v.pipe(
        v.union([v.array(text), count]),
        v.description("Which it gets, empty = all; for callers who are limited to entities their number."),
      ),
    }),
  ),
});

export const settingsSection = v.object({
  section: text,
  version: v.pipe(text, v.description("Of what is saved; the header ETag has it too.")),
  saved: v.pipe(orNull(v.object({ who: text, at: time })), v.description("Who saved last, and when.")),
  problems: v.exactOptional(
    v.pipe(
      v.array(text),
      v.description("Of feeds: what is wrong in files and saved values, and what happens meanwhile."),
    ),
  ),
  fields: v.record(
    text,
    v.looseObject({
      source: text,
      pinned: v.boolean(),
      setting: v.pipe(text, v.description("What environment or file call it.")),
      accepted: v.exactOptional(v.pipe(text, v.description("The accepted form, in words."))),
      default: v.exactOptional(v.pipe(text, v.description("What counts when nothing is given; empty = nothing."))),
    }),
  ),
});

export const everySetting = v.object({
  settings: v.array(
    v.looseObject({
      setting: v.pipe(text, v.description("What environment or file call it.")),
      section: v.pipe(orNull(text), v.description("Where it is saved; null = it cannot be saved here.")),
      field: orNull(text),
      value: v.pipe(v.unknown(), v.description("In force; absent for a secret, which has `configured` in its place.")),
      source: text,
      pinned: v.boolean(),
      fixed: v.pipe(orNull(text), v.description("Why it cannot be saved here, where it cannot.")),
    }),
  ),
});

export const settingsProblems = v.object({ errors: v.array(v.object({ name: text, reason: text })) });

const incidentCount = v.pipe(v.number(), v.integer(), v.minValue(0));
export const pushEstimate = v.object({
  days: v.number(),
  incidents: incidentCount,
  by_min_severity: v.object({
    CRITICAL: incidentCount,
    HIGH: incidentCount,
    MEDIUM: incidentCount,
    LOW: incidentCount,
  }),
});
