/** What a log says that leads from one incident to another: sessions, processes, other machines, accounts. */
import { isOwnAccount } from "../logs/accounts.ts";
import { isRemoteAddress } from "../logs/addresses.ts";
import { addressesOf, addressNames } from "../logs/peers.ts";
import fieldNames from "./field-names.json" with { type: "json" };
import { FieldReader, type Fields } from "./named-fields.ts";
import { accountValue, hostName, hostValue, type TraceSet } from "./traces.ts";

/** Processes that are one and the same for everything that happens on a machine. */
const everybodys =
  /(?:^|\\)(?:system|smss|csrss|wininit|winlogon|services|lsass|svchost|wmiprvse|taskeng|taskhostw?|lsaiso|registry|dwm|fontdrvhost)(?:\.exe)?$/i;
/** Sessions of the system itself: anonymous, local service, network service, system. */
const systemSessions = new Set([0n, 0x3e3n, 0x3e4n, 0x3e5n, 0x3e7n]);
/** The same in Sysmon's GUIDs. */
const systemGuid = /(?:e3|e4|e5|e7)030000$/;
/** Logons that failed name accounts that did nothing. */
const failures = /^(?:4625|4771|4776)$/;
const mostPeers = 16;
/** How command lines name another machine: shares and `psexec`, `wmic`, PowerShell, tools of Windows, remote desktop, `winrs`, `ssh` and `scp`. */
const onCommandLines = [
  /(?:^|[^\\\w])\\\\([a-z0-9][\w.-]{0,254})/gi,
  /\/node:["']?([a-z0-9][\w.-]{0,254})/gi,
  /-(?:computername|cn)\s+["']?([a-z0-9][\w.-]{0,254})/gi,
  /\b(?:schtasks|taskkill|tasklist|systeminfo|shutdown|driverquery)(?:\.exe)?\b[^|&]{0,400}?\s\/[sm]\s+(?:\\\\)?([a-z0-9][\w.-]{0,254})/gi,
  /\b(?:mstsc(?:\.exe)?\b[^|&]{0,200}?\/v:|winrs(?:\.exe)?\b[^|&]{0,200}?-r(?:emote)?:)["']?([a-z0-9][\w.-]{0,254})/gi,
  /\b(?:ssh|scp|sftp|rsync)\b[^|&;]{0,400}?\s[\w.-]{1,64}@([a-z0-9][\w.-]{0,254})/gi,
];
const mostAccounts = 16;
/** `net user NAME`, `/u NAME`, `-u NAME`, `/user:NAME`, `ssh NAME@host`. */
const accountsOnCommandLines = [
  /\bnet1?(?:\.exe)?\s+user\s+["']?([\w.$-]{1,64})/gi,
  /\s[-/]u(?:ser(?:name)?)?[:=\s]\s*["']?((?:[\w.-]{1,64}\\)?[\w.$-]{1,64})/gi,
  /\b(?:ssh|scp|sftp|rsync)\b[^|&;]{0,400}?\s([\w.-]{1,64})@[a-z0-9]/gi,
];
const thisMachine = /^(?:localhost|\.|\?|-|127\..*)$/;

const { eventId, logonIds, logonGuids, processes, peers, accounts, commandLines, texts } = fieldNames;
/** Every name of the list, so that none is forgotten where one is added. */
const wanted = Object.values(fieldNames)
  .flat()
  .flatMap((one) => (typeof one === "string" ? [one] : Object.values(one).flat()));
const reader = new FieldReader([...wanted, ...addressNames, "newprocessid", "logonid"], eventId);

/** `log`: as it came in. `host`: the machine of its evidence, "" = unknown. `at`: epoch milliseconds. */
export interface TracedLog {
  log: string;
  host: string;
  at: number;
  /** Index into `levels`. */
  level: number;
  /** Whether accounts that it names are of use: not on a machine that many share. */
  withAccounts: boolean;
}

export function addLogTraces(traces: TraceSet, { log, host, at, level, withAccounts }: TracedLog): void {
  const fields = reader.read(log);
  const own = hostValue(host);
  addSessions(traces, fields, own, level, at);
  addProcesses(traces, fields, level, at);
  addNumberedProcesses(traces, fields, own, level, at);
  for (const peer of peersOf(fields)) {
    const value = hostValue(peer);
    if (value !== "" && value !== own) traces.add("peer", value, hostName(peer), level, at);
  }
  for (const origin of fields.all(...fieldNames.origins)) {
    const value = hostValue(origin);
    if (value !== "" && value !== own && !thisMachine.test(origin))
      traces.add("origin", value, hostName(origin), level, at);
  }
  const { ips, peer } = addressesOf(fields);
  if (peer !== "") traces.add("peer_address", peer, peer, level, at);
  for (const address of ips)
    if (peer !== "" && address !== peer && isRemoteAddress(address)) traces.add("address", address, address, level, at);
  if (withAccounts && !failures.test(fields.first(...eventId)))
    for (const account of accountsOf(fields))
      if (isOwnAccount(account)) traces.add("account", accountValue(account), account, level, at);
}

function addSessions(traces: TraceSet, fields: Fields, host: string, level: number, at: number): void {
  for (const text of fields.all(...logonIds)) {
    const id = numberOf(text);
    if (host === "" || id === null || systemSessions.has(id)) continue;
    const session = `0x${id.toString(16)}`;
    traces.add("logon", `${host} ${session}`, `${session} on ${host}`, level, at);
  }
  // Sysmon's say no more than its numbers; those of Kerberos are the same on the machines of both sides.
  if (fields.first("processguid") !== "" && fields.first("logonid") !== "") return;
  for (const text of fields.all(...logonGuids)) {
    const guid = guidOf(text);
    if (guid !== "" && !systemGuid.test(guid)) traces.add("logon", guid, guid, level, at);
  }
}

function addProcesses(traces: TraceSet, fields: Fields, level: number, at: number): void {
  for (const { guids, images } of processes) {
    const guid = guidOf(fields.first(...guids)) || entityId(fields.first(...guids));
    const image = fields.first(...images);
    if (guid === "" || everybodys.test(image)) continue;
    traces.add("process", guid, image.slice(image.lastIndexOf("\\") + 1) || guid, level, at);
  }
}

/** Where the log of Security tells who started whom (4688) there are numbers alone, which a machine seldom gives to the same program twice within hours. */
function addNumberedProcesses(traces: TraceSet, fields: Fields, host: string, level: number, at: number): void {
  if (host === "" || fields.first("newprocessid") === "") return;
  for (const { ids, images } of fieldNames.numbered) {
    const id = numberOf(fields.first(...ids));
    const image = fields.first(...images);
    const name = image.slice(image.lastIndexOf("\\") + 1);
    if (id === null || name === "" || everybodys.test(image)) continue;
    traces.add("process", `${host} ${id} ${name.toLowerCase()}`, name, level, at);
  }
}

/** Names of other machines, in fields and on command lines. */
function peersOf(fields: Fields): Set<string> {
  const found = new Set(fields.all(...peers));
  for (const line of fields.all(...commandLines))
    for (const pattern of onCommandLines)
      for (const name of namesIn(line, pattern)) if (found.size < mostPeers) found.add(name);
  for (const peer of found) if (thisMachine.test(peer)) found.delete(peer);
  return found;
}

/** Accounts in fields, and those that command lines make and use. */
function accountsOf(fields: Fields): Set<string> {
  const found = new Set(fields.all(...accounts));
  // What PowerShell says of its user, and events without fields, is one text.
  for (const text of fields.all(...texts))
    for (const name of namesIn(text, /\buser ?[=:] ?([^\r\n]{1,100})/gi)) found.add(name.trim());
  for (const line of fields.all(...commandLines))
    for (const pattern of accountsOnCommandLines)
      for (const name of namesIn(line, pattern)) if (found.size < mostAccounts) found.add(name);
  return found;
}

function namesIn(line: string, pattern: RegExp): string[] {
  return [...line.matchAll(pattern)].map(([, name = ""]) => name);
}

/** Hexadecimal or decimal; null for anything else. */
function numberOf(text: string): bigint | null {
  return /^(?:0x[0-9a-f]{1,16}|\d{1,20})$/i.test(text.trim()) ? BigInt(text.trim()) : null;
}

/** Lower case, without braces; "" for anything else and for the one of zeros. */
function guidOf(text: string): string {
  const guid = text
    .trim()
    .toLowerCase()
    .replace(/^\{(.*)\}$/, "$1");
  return /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(guid) && /[1-9a-f]/.test(guid) ? guid : "";
}

/** Elastic's name of a process. */
function entityId(text: string): string {
  return /^[\w+/=-]{16,120}$/.test(text) && !/^\{?0{8}/.test(text) ? text : "";
}
