/** A recorded attack of the sample on other machines and people, in its logs too, as if it had been recorded there. */
import type { Dice } from "../chaos/dice.ts";
import { type Scenario, short, type Targets, taken } from "./attacks.ts";
import { domain, type Estate, type Machine } from "./estate.ts";
import { actorsOf, type KnownAttack, ofAttack } from "./known-attack.ts";
import { type SampleRecord, sampleRecords } from "./rules.ts";

/** Fields of logs that hold a host, an account, a process or a logon. */
const hostField =
  /^(hostname|computer|computer_?name|workstation(name)?|sourcehostname|destinationhostname|targetservername)$/i;
const userField = /^(user|(subject|target|source|account)?user_?name|accountname|targetoutboundusername)$/i;
const guidField = /^(parent|source|target)?process_?guid$|^logonguid$/i;
const logonField = /logonid$/i;
const domainField = /^((subject|target)?domainname|domain)$/i;

/** Names that mean the same everywhere, and the collector that all logs of a recording went through. */
const everywhere =
  /^(system|local ?system|local service|network service|-|n\/a|localhost|anonymous logon|administrator|guest|root|nt authority|builtin|workgroup|window manager|font driver host|wec(server)?|dwm-\d+|umfd-\d+|0x0|0x3e[3-7]|%%\d+)?$/i;

export function placeScenario(
  dice: Dice,
  targets: Targets,
  estate: Estate,
  scenario: Scenario,
  start: number,
): KnownAttack {
  const own = sampleRecords().filter(({ source }) => source === scenario.source);
  const first = Math.min(...own.map(({ timestamp }) => Date.parse(timestamp)));
  const rename = renamer(dice, targets, estate, own);
  const records = own.map((record, at) => {
    const { host, user, raw, src_ip, ...rest } = record as SampleRecord & { raw: unknown; src_ip: string | null };
    const moved = changed({ host, user, src_ip, raw }, rename) as Pick<SampleRecord, "host" | "user">;
    const timestamp = new Date(start + Date.parse(record.timestamp) - first).toISOString();
    return { ...rest, ...moved, id: `${scenario.name}-${start}-${at}`, timestamp, entity: "Acme" };
  });
  const end = Math.max(...records.map(({ timestamp }) => Date.parse(timestamp)));
  const { name } = scenario;
  // By the machines of the recording, which stand in the same places.
  const attack = new Set(ofAttack(name, own));
  const actors = actorsOf(records.filter((_, at) => attack.has(own[at] as SampleRecord)));
  return { name, records, actors, start, end };
}

/** Changes every name that the records hold, in any spelling and wherever in the text, always to the same. */
function renamer(
  dice: Dice,
  targets: Targets,
  estate: Estate,
  records: readonly SampleRecord[],
): (text: string) => string {
  const names = new Map<string, string>();
  const hosts = new Map<string, string>();
  const addresses = new Map<string, string>();
  const hex = (length: number) => Array.from({ length }, () => dice.int(0, 15).toString(16)).join("");
  const add = (name: string, replacement: () => string) => {
    if (!everywhere.test(name)) taken(names, name.toLowerCase(), replacement);
  };
  const desks: Machine[] = [];
  const ordinary = () => {
    const machine = targets.machineOf(dice.chance(0.6) ? "workstation" : "server");
    if (machine.user !== null) desks.push(machine);
    return machine.name;
  };
  // People work on the machines that the attack is on.
  const person = () => {
    const desk = desks.pop();
    return desk === undefined ? targets.person() : targets.owner(desk);
  };
  const addHost = (name: string) => {
    const [label = "", ...suffix] = name.toLowerCase().split(".");
    if (everywhere.test(label) || /^[\d.:]+$/.test(name)) return;
    // Domain controllers are few and everybody's.
    const machine = () => (/dc\d*$/.test(label) ? dice.pick(estate.controllers).name : ordinary());
    add(label, () => short(taken(hosts, label, machine)));
    if (suffix.length > 1) add(suffix.join("."), () => "corp.example");
  };
  for (const { host } of records) if (host !== null) addHost(host);
  for (const record of records) {
    if (record.user !== null) addUser(record.user);
    walk((record as SampleRecord & { raw: unknown }).raw, (key, text) => {
      if (hostField.test(key)) addHost(text);
      else if (userField.test(key)) addUser(text);
      else if (guidField.test(key) && text.startsWith("{"))
        add(text.slice(1, -1), () => `${hex(8)}-${hex(4)}-${hex(4)}-${hex(4)}-${hex(12)}`);
      else if (logonField.test(key) && /^0x/.test(text))
        add(text, () => `0x${dice.int(0x10000, 0xfffffff).toString(16)}`);
      else if (domainField.test(key)) addDomain(text);
    });
  }
  const known = [...names.keys()].sort((a, b) => b.length - a.length).map(literally);
  const pattern = new RegExp(
    `(?<![\\w])(?:(${known.join("|") || "\\0"})|(S-1-5-21(?:-\\d+){3})-(\\d+)|((?:10|172|192)(?:\\.\\d{1,3}){3}))(?![\\w])`,
    "gi",
  );
  return (text) =>
    text.replace(pattern, (whole, name?: string, sid?: string, number?: string, address?: string) => {
      if (name !== undefined) return spelledLike(name, names.get(name.toLowerCase()) ?? name);
      if (address !== undefined) return taken(addresses, address, () => dice.pick(estate.machines).ip);
      if (sid === undefined) return whole;
      const isPerson = Number(number) >= 1000;
      return `S-1-5-21-1004336348-1177238915-682003330-${isPerson ? taken(addresses, whole, () => String(dice.int(2000, 90_000))) : number}`;
    });

  function addUser(text: string): void {
    if (/^arn:/i.test(text)) {
      // The account's number: no other attack is in it.
      const [, account = ""] = /::(\d{12}):/.exec(text) ?? [];
      add(account, () => String(dice.int(100_000_000_000, 999_999_999_999)));
      return;
    }
    const [name = "", authority = ""] = text.includes("\\") ? text.split("\\").reverse() : text.split("@");
    if (authority !== "") addDomain(authority);
    if (name.endsWith("$")) addHost(name.slice(0, -1));
    else if (!hosts.has(name.toLowerCase())) add(name, person);
  }

  function addDomain(text: string): void {
    if (hosts.has(text.toLowerCase())) return;
    add(text, () => (text.includes(".") ? "corp.example" : domain));
  }
}

/** Capitals stay capitals. */
function spelledLike(name: string, replacement: string): string {
  return /[A-Z]/.test(name) && name === name.toUpperCase() ? replacement.toUpperCase() : replacement;
}

function walk(value: unknown, visit: (key: string, text: string) => void, key = ""): void {
  if (typeof value === "string") visit(key, value);
  else if (Array.isArray(value)) for (const one of value) walk(one, visit, key);
  else if (typeof value === "object" && value !== null)
    for (const [name, inner] of Object.entries(value)) walk(inner, visit, name);
}

function changed(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === "string") return change(value);
  if (Array.isArray(value)) return value.map((one) => changed(one, change));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, changed(inner, change)]));
}

function literally(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&");
}
