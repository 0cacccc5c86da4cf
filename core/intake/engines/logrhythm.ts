/** LogRhythm alarms as its Alarm REST API gives them: an alarm's details, with or without its events, or items of a search. */
import { parseTime } from "../../time.ts";
import { type Engine, firstGiven, given, isMembers, type MappedAlarm, type Members, membersOf } from "./engine.ts";

/** Where an alarm's time stands, best first. */
const dateNames = ["alarmDate", "dateInserted", "eventDateLast", "eventDateFirst", "dateUpdated"];
/** .NET writes the first moment of the year 1 for a date that is not set, in several forms. */
const notSet = /^0*1-01-01|^0?1[/.]0?1[/.]0{0,3}1(?!\d)|^-62135\d+$|^\/Date\(-62135/;

export const logrhythm: Engine<MappedAlarm> = {
  list: ["alarmsSearchDetails"],

  recognises: ({ members }) =>
    "alarmDetails" in members ||
    "alarmsSearchDetails" in members ||
    ("alarmId" in members && "alarmRuleName" in members),

  map({ members }) {
    const alarm = isMembers(members.alarmDetails) ? members.alarmDetails : members;
    const events = eventsOf(members) ?? eventsOf(alarm) ?? [];
    const rated = (alarm.rbpMax ?? null) !== null;
    return {
      members: {
        alarm_id: alarm.alarmId,
        name: alarm.alarmRuleName,
        rbp: rated ? alarm.rbpMax : 0,
        timestamp: firstDate(...dateNames.map((name) => alarm[name])),
        entity: alarm.entityName,
        user: inEvents(events, "login", "account"),
        host: inEvents(events, "impactedHostName", "impactedName", "originHostName"),
        src_ip: inEvents(events, "originIP"),
      },
      names: {
        alarm_id: "alarmId",
        name: "alarmRuleName",
        rbp: "rbpMax",
        timestamp: "alarmDate or dateInserted",
        entity: "entityName",
      },
      warning: rated ? null : "rbpMax: missing, 0 taken: a search does not give it, /lr-alarm-api/alarms/{id} does",
    };
  },
};

/** The first that can be read; where none can, the first that says something, to be complained about. */
function firstDate(...dates: unknown[]): string | undefined {
  const texts = dates.map(given).filter((date) => date !== null && !notSet.test(date)) as string[];
  return texts.find((text) => parseTime(text) !== null) ?? texts[0];
}

/** Both spellings are met. */
function eventsOf(members: Members): Members[] | null {
  const events = members.alarmEventsDetails ?? members.alarmsEventDetails;
  return Array.isArray(events) ? events.map(membersOf) : null;
}

/** The first value that any event gives, by preference of the name. */
function inEvents(events: readonly Members[], ...names: string[]): string | null {
  return firstGiven(...names.flatMap((name) => events.map((event) => event[name])));
}
