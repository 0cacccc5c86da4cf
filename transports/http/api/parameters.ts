/** Parameters and fields that several endpoints share, each with its message and description. */
import * as v from "valibot";
import { levels } from "../../../core/detection.ts";
import { incidentStatuses } from "../../../core/incident.ts";
import { acceptedSince, readSince } from "../../../core/pages/since.ts";
import { riskLevels } from "../../../core/risk.ts";
import { caseSeverities, caseStatuses } from "../../../core/threat-case.ts";
import { slaStatuses } from "../../../core/tickets/sla.ts";

const largestLimit = 500;
const largestOffset = 10_000_000;

/** One of these words, in any case. */
export function word<const T extends readonly string[]>(words: T) {
  return v.picklist(words, `one of ${words.join(", ")}`);
}

/** A comma list of these words. */
function words<const T extends readonly string[]>(all: T) {
  return v.pipe(v.array(word(all)), v.minLength(1, `a comma list of ${all.join(", ")}`));
}

export function whole(from: number, to: number) {
  const message = `a whole number from ${from} to ${to}`;
  return v.pipe(v.number(message), v.integer(message), v.minValue(from, message), v.maxValue(to, message));
}

export function shortText(longest = 200) {
  return v.pipe(
    v.string("a text"),
    v.maxLength(longest, `a text of at most ${longest} characters`),
    v.check((text) => !text.includes("\0"), "a text without NUL"),
  );
}

export function someText(longest = 200) {
  return v.pipe(
    shortText(longest),
    v.check((text) => text.trim() !== "", "must not be empty"),
  );
}

export const sinceTime = v.pipe(
  v.string(acceptedSince),
  v.check((text) => readSince(text) !== null, acceptedSince),
);

export const paging = {
  limit: v.optional(v.pipe(whole(1, largestLimit), v.description("Rows on a page."), v.metadata({ default: 100 }))),
  offset: v.optional(
    v.pipe(whole(0, largestOffset), v.description("Rows to skip. A cursor needs none."), v.metadata({ default: 0 })),
  ),
};

export const walking = {
  since: v.optional(
    v.pipe(
      sinceTime,
      v.description(
        "Rows that the appliance recorded at or after this time, oldest first. Empty = no bound. For API keys and role soar it never jumps over rows that this caller has not been given; the header `X-RhythmX-Since: literal` turns that off.",
      ),
      v.examples(["2026-03-13T04:30:00Z"]),
    ),
  ),
  updated_since: v.optional(
    v.pipe(sinceTime, v.description("The same for the time of the last change."), v.examples(["2026-03-13T04:30:00Z"])),
  ),
  cursor: v.optional(
    v.pipe(
      shortText(400),
      v.description(
        "`next_cursor` of the page before: goes on where that ended, never skips and never repeats a row. Wins over since, updated_since and offset.",
      ),
    ),
  ),
};

export const entityFilter = v.optional(v.pipe(shortText(), v.description("Rows of this entity (tenant).")));
export const minRisk = v.optional(v.pipe(whole(0, 100), v.description("Rows with this risk or more.")));
export const incidentStatus = word(incidentStatuses);
export const caseStatus = word(caseStatuses);
export const statusFilter = v.optional(
  v.pipe(words(incidentStatuses), v.description("Statuses, with commas between them.")),
);
export const caseStatusFilter = v.optional(
  v.pipe(words(caseStatuses), v.description("Statuses, with commas between them.")),
);
export const severityFilter = v.optional(
  v.pipe(words(caseSeverities), v.description("Severities, with commas between them.")),
);
export const levelFilter = v.optional(v.pipe(words(levels), v.description("Levels, with commas between them.")));
export const riskLevelFilter = v.optional(
  v.pipe(words(riskLevels), v.description("Risk levels, with commas between them.")),
);
export const slaFilter = v.optional(
  v.pipe(
    words(slaStatuses),
    v.description("How the service level of open incidents stands, with commas between them."),
  ),
);
export const ownerFilter = v.optional(
  v.pipe(
    shortText(),
    v.description("To whom they are assigned; `none` = to nobody."),
    v.examples(["jane.doe", "none"]),
  ),
);
export const ticketFilter = v.optional(
  v.pipe(
    shortText(),
    v.description("`none` = without a ticket, `any` = with one, else a ticket's number."),
    v.examples(["none", "SEC-1234"]),
  ),
);
export const textFilter = v.optional(
  v.pipe(
    shortText(),
    v.description(
      "Words, or the beginnings of words, in any order: of an alert's rule, host, user, address and hash; of an incident's heading, actor, hosts, rules, id, tickets and campaign.",
    ),
    v.examples(["mimikatz ws-101"]),
  ),
);
export const caseTypeFilter = v.optional(
  v.pipe(
    v.array(
      v.pipe(v.string(), v.regex(/^[a-z0-9_]{1,64}$/, "case types such as lateral_movement, with commas between them")),
    ),
    v.description("Case types, with commas between them."),
    v.examples([["lateral_movement", "credential_theft"]]),
  ),
);
