/** An incident towards which nothing counts: somebody opened it by hand, or exceptions took out all that it rested on. */
import { oneLine } from "../../text/shorten.ts";
import type { CaseFacts } from "./case-facts.ts";
import type { Recommendations } from "./recommendations.ts";

/** Neither a detection nor a SIEM alarm counts. */
export function restsOnNothing({ body, rules, alarms }: CaseFacts): boolean {
  const { sigma_alert_count: detections, alarm_count: count } = body.risk;
  return rules.length === 0 && alarms.length === 0 && detections === 0 && count === 0;
}

/** Why nothing counts, as a sentence. */
export function whyNothing({ promotion }: CaseFacts): string {
  return promotion == null
    ? "Nothing counts towards this incident any more: exceptions have taken out all that it rested on."
    : "Neither a detection nor a SIEM alarm counts towards this incident: somebody opened it by hand.";
}

export function nothingActions({ body, promotion }: CaseFacts): Recommendations {
  const actor = oneLine(body.group_key);
  const { incident_id: incident } = body;
  if (promotion != null)
    return {
      containment: [
        `Ask ${oneLine(promotion.who)} what ${incident} is about before anything is done to ${actor} (incident page: history): no detection says it.`,
      ],
      eradication: [
        `Search the logs of ${oneLine(body.entity_name)} for ${actor} (SIEM console: search): no detection names command or file.`,
      ],
      prevention: [`Write a rule for what was seen of ${actor} (Sigma engine): so far a person had to see it.`],
      practices: [`Document ${incident} with what led to it (case record): no detection does.`],
    };
  return {
    containment: [
      `Check that the exceptions which took out the evidence of ${actor} are right, and close ${incident} if they are (incident page: history): nothing else speaks against it.`,
    ],
    eradication: [
      `Leave ${actor} as it is while nothing counts against it (console: Alerts): what exceptions cover is still sent as alerts.`,
    ],
    prevention: [
      `Narrow exceptions that take out more than was meant, by host, process or command line (console: Exceptions): what they name too widely hides an attack.`,
    ],
    practices: [
      `Document ${incident} with the exception and its reason (case record): the next one of ${actor} is judged by it.`,
    ],
  };
}
