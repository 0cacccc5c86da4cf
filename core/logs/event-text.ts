/** What a log says of an event, in words: nothing that it does not say. */

import { ownOf } from "../text/own.ts";
import { fileName } from "./file-kinds.ts";
import type { EventFacts } from "./log-facts.ts";

/** One line without control and format characters. */
export function oneLine(text: string, longest: number): string {
  const line = text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, " ").trim();
  return line.length > longest ? `${line.slice(0, longest - 1).toWellFormed()}…` : line;
}

/** Fields that say when, where in the log and by which software, but not what. */
const noise =
  /^(?:.*guid|.*time|.*timestamp|timecreated|.*version|version|.*recordid|recordnumber|keywords|opcode.*|task|tasks?category|category|level|severity.*|.*threadid|threadid|execution.*|correlation|security|channel|provider.*|source(?:name|module.*)?|eventid|event_id|computer.*|hostname|host|message|msg|raw|tags|type|xmlns|name|id|port|.*logonid|logonid|logonguid|utctime|rulename|beat|agent|ecs|index|_.*|log_name|channel|eventtype|eventreceivedtime|activityid|.*sid|user(?:id)?|accounttype|domain|status|keyword|fileversion|product|company|description|hashes|integritylevel|terminalsessionid|currentdirectory|lid|pid|ppid|pguid|ts|uid|date|facility|priority|program|license|protocol)$/i;

/** The most telling of an event, on one line; "" where the log says nothing but when and where. */
export function eventDetail(facts: EventFacts): string {
  const { image, parent, target, commandLine, ips, domain, file, registryKey, service, task, share, script, port } =
    facts;
  const place = (name: string, value: string) => (value === "" ? [] : [`${name} ${value}`]);
  const parts = [
    ...(commandLine !== "" ? [commandLine] : image !== "" ? [image] : []),
    ...(parent === "" ? [] : [`started by ${fileName(parent)}`]),
    ...(target === "" ? [] : [`to ${fileName(target)}${/^0x/i.test(facts.access) ? ` (access ${facts.access})` : ""}`]),
    ...(file === "" || file === image ? [] : [`file ${file}`]),
    ...(facts.library === "" ? [] : [`library ${facts.library}`]),
    ...(registryKey === ""
      ? []
      : [`registry ${registryKey}${facts.registryValue === "" ? "" : ` = ${facts.registryValue}`}`]),
    ...(service === "" ? [] : [`service ${service}${facts.servicePath === "" ? "" : ` running ${facts.servicePath}`}`]),
    ...(task === "" ? [] : [`task ${task}${facts.taskAction === "" ? "" : ` running ${facts.taskAction}`}`]),
    ...place("share", share),
    ...place("pipe", facts.pipe),
    ...place("ticket for", facts.ticketService),
    ...(facts.ticketEncryption === "" ? [] : [`encryption ${facts.ticketEncryption}`]),
    ...place("account", facts.account),
    ...place("group", facts.group),
    ...place("object", facts.directoryObject || facts.object),
    ...place("attribute", facts.directoryAttribute),
    ...place("logon type", facts.logonType),
    ...place("name", domain),
    ...place("url", facts.url),
    ...(ips.length === 0 ? [] : [`address ${ips.join(", ")}${port === "" ? "" : ` port ${port}`}`]),
    ...place("call", facts.call),
    ...place("threat", facts.threat),
    ...place("firewall rule", facts.firewallRule),
    ...place("WMI", facts.wmi),
    ...(script !== "" && commandLine === "" ? [`script ${script}`] : []),
  ];
  return oneLine(parts.length > 0 ? parts.join("; ") : facts.message || remaining(facts) || clauseOf(facts), 4_000);
}

/** Fields that have no place in the facts. */
function remaining({ entries, operation }: EventFacts): string {
  const telling = entries.filter(([name, value]) => !noise.test(name) && value.length > 1).slice(0, 6);
  return [operation, ...telling.map(([name, value]) => `${name} ${value}`)].filter((one) => one !== "").join("; ");
}

const accountEvents: Readonly<Record<string, string>> = {
  "4720": "was created",
  "4722": "was enabled",
  "4723": "had a change of its password tried",
  "4724": "had its password reset",
  "4725": "was disabled",
  "4726": "was deleted",
  "4738": "was changed",
  "4740": "was locked out",
  "4767": "was unlocked",
};
const taskEvents: Readonly<Record<string, string>> = {
  "4698": "was created",
  "106": "was registered",
  "4699": "was deleted",
  "141": "was deleted",
  "4700": "was enabled",
  "4701": "was disabled",
  "142": "was disabled",
  "4702": "was changed",
  "140": "was changed",
  "200": "was started",
  "129": "was started",
  "201": "has ended",
};
const defenderEvents: Readonly<Record<string, string>> = {
  "5001": "real-time protection was switched off",
  "5004": "the settings of real-time protection were changed",
  "5007": "the settings of Microsoft Defender were changed",
  "5010": "scanning for malware was switched off",
  "5012": "scanning for viruses was switched off",
};
const wmiEvents: Readonly<Record<string, string>> = { "19": "filter", "20": "consumer", "21": "binding" };
const logonTypes: Readonly<Record<string, string>> = {
  "2": "at the console",
  "3": "over the network",
  "4": "as a batch job",
  "5": "as a service",
  "8": "over the network in clear text",
  "9": "with other credentials for the network",
  "10": "by remote desktop",
};
/** Rights to replicate the directory, as event 4662 names them: what DCSync asks for. */
const replication = /1131f6a[ad]-9c07-11d1-f79f-00c04fc2dcd2|89e95b76-444d-4c62-991a-0facbeda640c/i;

/** Whether a log shows that somebody replicated the directory: rights named in event 4662, or the commands of the tools that do so. */
export function isReplication({ directoryAttribute, commandLine, script }: EventFacts): boolean {
  return (
    replication.test(directoryAttribute) ||
    /lsadump::dcsync|\bdcsync\b|-just-dc\b|DSInternals.*Get-ADReplAccount/i.test(`${commandLine} ${script}`)
  );
}

/** What happened as a clause, such as `powershell.exe opened lsass.exe (access 0x1410)`; "" where the log does not say it. At most 200 characters. */
export function eventClause(facts: EventFacts): string {
  return oneLine(clauseOf(facts), 200);
}

function clauseOf(facts: EventFacts): string {
  const { eventId, image, account, target, commandLine, peer, port, file, registryKey, service, task, domain } = facts;
  const who = fileName(image);
  const by = who === "" ? "" : `${who} `;
  const passive = (verb: string, active: string, object: string) =>
    who === "" ? `${object} was ${verb}` : `${by}${active} ${object}`;
  const from = peer === "" ? "" : ` from ${peer}`;
  if (/^(?:1102|104|517)$/.test(eventId) && /eventlog|security|system/i.test(`${facts.channel} ${facts.message}`))
    return `the event log ${/security/i.test(facts.channel) ? "Security " : ""}was cleared`;
  if (facts.ticketService !== "")
    return `${account || "somebody"} asked for a Kerberos ticket for ${facts.ticketService}${facts.ticketEncryption === "" ? "" : ` (encryption ${facts.ticketEncryption}${/^0x(?:17|18)$/i.test(facts.ticketEncryption) ? ", RC4" : ""})`}${from}`;
  if (eventId === "4624" && account !== "")
    return `${account} logged on ${ownOf(logonTypes, facts.logonType) ?? `(type ${facts.logonType || "not named"})`}${from}`;
  if (/^(?:4625|4771|4776)$/.test(eventId) && account !== "")
    return eventId === "4625"
      ? `a logon of ${account} failed${from}`
      : `the credentials of ${account} were checked${from}`;
  if (facts.group !== "" && account !== "" && /^47(?:28|32|56)$/.test(eventId))
    return `${account} was added to the group ${facts.group}`;
  const change = ownOf(accountEvents, eventId);
  if (change !== undefined && account !== "") return `the account ${account} ${change}`;
  if (isReplication(facts) && facts.directoryObject !== "") return "rights to replicate the directory were used";
  if (/^(?:4634|4647)$/.test(eventId) && account !== "") return `${account} logged off`;
  if (/^200[2-8]$/.test(eventId) && facts.firewallRule !== "")
    return `the firewall rule ${facts.firewallRule} was ${eventId === "2004" ? "added" : eventId === "2006" ? "deleted" : "changed"}`;
  if (facts.directoryObject !== "")
    return `${facts.directoryAttribute === "" ? "" : `${facts.directoryAttribute} of `}${facts.directoryObject} was ${eventId === "4662" ? "accessed" : "changed"}`;
  if (service !== "" && facts.servicePath !== "")
    return `the service ${service} was installed, which runs ${facts.servicePath}`;
  const taskChange = ownOf(taskEvents, eventId);
  if (task !== "" && taskChange !== undefined)
    return `the scheduled task ${task} ${taskChange}${facts.taskAction === "" ? "" : `, which runs ${facts.taskAction}`}`;
  if (facts.call !== "") return `${facts.call} was called${from}`;
  if (facts.threat !== "" && file === "" && facts.ips.length > 0)
    return `${facts.threat} was seen${peer === "" ? "" : ` in traffic with ${peer}`}`;
  if (facts.threat !== "" && file !== "") return `${facts.threat} was found in ${file}`;
  if (eventId === "4648" && account !== "")
    return `the credentials of ${account} were used${by === "" ? "" : ` by ${who}`}`;
  if (eventId === "25" && who !== "") return `the image of ${who} was replaced in memory`;
  const protection = /defender/i.test(facts.channel) ? ownOf(defenderEvents, eventId) : undefined;
  if (protection !== undefined) return protection;
  if (target !== "" && eventId === "8") return `${by || "a program "}started a thread in ${fileName(target)}`;
  if (target !== "")
    return `${by || "a program "}opened ${fileName(target)}${/^0x/i.test(facts.access) ? ` (access ${facts.access})` : ""}`;
  if (
    commandLine !== "" &&
    (/^(?:1|4688|400|EXECVE|PROCTITLE)$/.test(eventId) || (file === "" && registryKey === "" && peer === ""))
  )
    return `${commandLine} ran${facts.parent === "" ? "" : `, started by ${fileName(facts.parent)}`}`;
  if (commandLine === "" && image !== "" && /^(?:1|4688|592|SYSCALL)$/.test(eventId)) return `${image} ran`;
  if (registryKey !== "")
    return /^(?:4656|4658|4660|4663)$/.test(eventId)
      ? passive("opened", "opened", registryKey)
      : eventId === "12"
        ? passive("created or deleted", "created or deleted", registryKey)
        : `${passive("set", "set", registryKey)}${facts.registryValue === "" ? "" : ` to ${facts.registryValue}`}`;
  if (facts.object !== "") return `the object ${facts.object} was opened${from}`;
  if (facts.share !== "") return `${file === "" ? facts.share : `${file} on ${facts.share}`} was opened${from}`;
  if (facts.library !== "") return passive("loaded", "loaded", facts.library);
  if (facts.pipe !== "")
    return eventId === "18"
      ? passive("opened", "connected to the pipe", facts.pipe)
      : passive("created as a pipe", "created the pipe", facts.pipe);
  if (facts.wmi !== "") return `a WMI event ${ownOf(wmiEvents, eventId) ?? "subscription"} was made: ${facts.wmi}`;
  if (file !== "" && file !== image) return fileClause(facts, passive);
  if (facts.url !== "" && facts.script === "") return `${facts.url} was requested`;
  if (domain !== "" && (eventId === "22" || peer === "")) return passive("looked up", "looked up", domain);
  if (peer !== "")
    return `${who === "" ? "a connection with" : `${who} had a connection with`} ${peer}${port === "" ? "" : ` port ${port}`}${who === "" ? " was seen" : ""}`;
  if (facts.script !== "") return `PowerShell ran: ${facts.script}`;
  return "";
}

function fileClause(
  { eventId, file, operation }: EventFacts,
  passive: (verb: string, active: string, object: string) => string,
): string {
  if (eventId === "2") return passive("given another time", "changed the creation time of", file);
  if (/^(?:23|26)$/.test(eventId) || /delet|removed/i.test(operation)) return passive("deleted", "deleted", file);
  if (/^(?:11|15|29)$/.test(eventId) || /creat|written|added|modif/i.test(operation))
    return passive("written", "wrote", file);
  return passive("opened", "opened", file);
}
