/** Recommended actions of an incident that stands on SIEM alarms alone: no rule and no log says what was done, so people have to look. */
import { oneLine, shortened } from "../../text/shorten.ts";
import type { CaseFacts } from "./case-facts.ts";
import { nothingActions, restsOnNothing } from "./no-evidence.ts";
import type { Recommendations } from "./recommendations.ts";

const longestName = 90;

/** Each with object, place, way and reason, as those that rules call for. */
export function alarmActions(facts: CaseFacts): Recommendations {
  if (restsOnNothing(facts)) return nothingActions(facts);
  const { alarms, body } = facts;
  const { group_key: key, actor_type: type, entity_name: entity, incident_id: incident } = body;
  const actor = oneLine(key);
  const site = oneLine(entity);
  const [top] = [...alarms].sort((a, b) => b.rbp - a.rbp || b.at - a.at);
  const first = (body.timeline.first_alarm ?? body.timeline.created_at).slice(0, 16).replace("T", " ");
  const last = (body.timeline.last_alarm ?? body.timeline.created_at).slice(0, 16).replace("T", " ");
  const name = top === undefined ? "the alarms" : `"${shortened(oneLine(top.name), longestName)}"`;
  const id = top === undefined ? "" : oneLine(top.alarmId);
  const others = alarms.length > 1 ? `, the highest of ${alarms.length}` : "";
  const asked = {
    user: `Ask ${actor} whether what the alarms report was theirs, and reset the password and end the sessions if not (by phone; then directory console: account > reset password): the account may be in other hands.`,
    host: `Ask the owner of ${actor} whether what the alarms report was expected (asset list: owner): planned work raises such alarms too.`,
    ip: `Find out which machine had the address ${actor} at ${first} UTC (DHCP log, asset list): the alarms name no host.`,
  }[type];
  const compared = {
    user: `Compare sign-ins, VPN sessions and mailbox rules of ${actor} from ${first} to ${last} UTC with the alarms (identity provider: sign-in log): they show from where and how far.`,
    host: `Read the logons on ${actor} from ${first} to ${last} UTC (Windows: events 4624 and 4625; Linux: last, lastb): they show who was there.`,
    ip: `Read the connections of ${actor} from ${first} to ${last} UTC (firewall: traffic log): they show what it reached.`,
  }[type];
  return {
    containment: [
      `Open ${id === "" ? name : `alarm ${id}`} in the SIEM and read the events behind it (SIEM console: alarm > drill down): ${top === undefined ? "nothing else is known" : `its priority is ${top.rbp}${others}`}.`,
      asked,
      compared,
    ],
    eradication: [
      `Search the logs of ${site} for ${actor} since ${first} UTC (SIEM console: search): the alarms name neither command nor file.`,
    ],
    prevention: [
      `Send the logs behind ${name} to the Sigma engine of ${site} as well (log source settings): so far only the SIEM sees them.`,
    ],
    practices: [
      `Document ${incident} with ${alarms.length === 1 ? "its alarm" : `its ${alarms.length} alarms`} (case record): what was found decides about the next one of ${actor}.`,
      `Check the threshold of ${name} with those who run the SIEM of ${site} (SIEM console: alarm rules): it decides how often this comes.`,
    ],
  };
}
