/** What a quiet week's logs say beside the rule: sessions, processes, where people come from; and servers that everybody uses. */
import { createHash } from "node:crypto";
import { dayMs, hourMs } from "../../core/time.ts";
import type { Dice } from "../chaos/dice.ts";
import { domain, type Estate, isPopular, type Machine } from "./estate.ts";
import { sysmon, windowsLog } from "./intrusions/logs.ts";
import { attackRule } from "./intrusions/rule-table.ts";
import type { NoiseRecord } from "./noise.ts";

/**
 * The same detections with logs as real ones are: somebody who works on a machine has a session for the day and a shell that starts what
 * they run; who works on other machines comes from a jump host or from their own desk.
 */
export function withLogs(estate: Estate, noise: readonly NoiseRecord[]): NoiseRecord[] {
  const byName = new Map(estate.machines.map((machine) => [machine.name, machine]));
  const desks = new Map(estate.workstations.flatMap(({ user, ip }) => (user === null ? [] : [[user, ip]])));
  const jumpHosts = estate.servers.filter(({ kind }) => kind === "jump_host");
  const served = new Map<string, Machine>(
    [estate.scanner, estate.backup, estate.deployment].map(({ account, machine }) => [account, machine]),
  );
  return noise.map((record) => {
    const machine = byName.get(record.host);
    const user = record.user?.split("\\")[1] ?? "SYSTEM";
    const isSystem = user === "SYSTEM";
    const day = record.timestamp.slice(0, 10);
    const session = `${user}|${record.host}|${day}`;
    const isGuest = !isSystem && machine?.user !== user;
    if (isGuest && digit(record.id) < 8) {
      const jump = jumpHosts[digit(session) % jumpHosts.length];
      const from = served.get(user)?.ip ?? (user.startsWith("adm-") ? jump?.ip : desks.get(user)) ?? "10.20.9.9";
      const fields = {
        TargetUserName: user,
        TargetDomainName: domain,
        TargetLogonId: logonId(session),
        LogonType: "3",
        IpAddress: from,
        WorkstationName: "-",
        SubjectUserName: "-",
        SubjectLogonId: "0x0",
      };
      return logged(record, 4624, "Security", fields);
    }
    const fields = {
      ProcessGuid: guid(record.id),
      ProcessId: String(1000 + 4 * digit(record.id)),
      Image: `C:\\Program Files\\Tool\\t${digit(record.rule_id)}.exe`,
      CommandLine: `t${digit(record.rule_id)}.exe /run`,
      User: isSystem ? "NT AUTHORITY\\SYSTEM" : `${domain}\\${user}`,
      LogonId: isSystem ? "0x3e7" : logonId(session),
      ParentProcessGuid: guid(`${isSystem ? "services" : "explorer"}|${session}`),
      ParentImage: isSystem ? "C:\\Windows\\System32\\services.exe" : "C:\\Windows\\explorer.exe",
    };
    return logged(record, 1, sysmon, fields);
  });
}

const popularRules = ["share_access", "net_exe", "admin_logon"] as const;

/** People who use them, a few detections an hour. */
export function popularTraffic(dice: Dice, estate: Estate, { start, days }: { start: number; days: number }) {
  const servers = estate.machines.filter(isPopular);
  const desks = estate.workstations.filter(({ user }) => user !== null);
  const records: NoiseRecord[] = [];
  for (let day = 0; day < days; day++)
    for (let at = 0; at < 70; at++) {
      const desk = dice.pick(desks);
      const time = start + day * dayMs + (7 + 12 * dice.next()) * hourMs;
      const rule = dice.pick([...popularRules, ...popularRules.slice(1)]);
      records.push(shareUse(`everyday-${day}-${at}`, rule, dice.pick(servers), desk.user ?? "", desk.ip, time));
    }
  return [...records, ...oldTickets(dice, estate, { start, days })];
}

/** Tickets with an old encryption, as services and printers ask for: domain controllers have some every day. */
function oldTickets(dice: Dice, estate: Estate, { start, days }: { start: number; days: number }): NoiseRecord[] {
  return Array.from({ length: days * 9 }, (_, at) => {
    const controller = estate.controllers[at % estate.controllers.length] as Machine;
    const desk = dice.pick(estate.workstations);
    const time = start + Math.floor(at / 9) * dayMs + dice.next() * dayMs;
    const record = visit(`ticket-${at}`, "rc4_ticket", controller, desk.user ?? "", time);
    const fields = {
      TargetUserName: `${desk.user}@CORP.EXAMPLE`,
      TargetDomainName: "CORP.EXAMPLE",
      ServiceName: `svc_print${at % 4}`,
      TicketEncryptionType: "0x17",
      IpAddress: `::ffff:${desk.ip}`,
    };
    return logged({ ...record, src_ip: desk.ip }, 4769, "Security", fields);
  });
}

/** Somebody uses a share of a server from a machine with this address. */
export function shareUse(id: string, key: string, server: Machine, user: string, ip: string, at: number): NoiseRecord {
  const record = visit(id, key, server, user, at);
  const fields = {
    SubjectUserName: user,
    SubjectDomainName: domain,
    SubjectLogonId: logonId(`${user}|${server.name}|${ip}|${Math.floor(at / dayMs)}`),
    IpAddress: ip,
    ShareName: "\\\\*\\Public",
    RelativeTargetName: "list.xlsx",
  };
  return logged({ ...record, src_ip: ip }, 5145, "Security", fields);
}

/** An administrator's work on a machine, from the jump host. */
export function adminWork(estate: Estate, id: string, machine: Machine, admin: string, at: number): NoiseRecord[] {
  const jump = estate.servers.find(({ kind }) => kind === "jump_host");
  const keys = ["admin_logon", "net_exe", "service_remote"];
  return withLogs(
    estate,
    keys.map((key, step) => visit(`${id}-${step}`, key, machine, admin, at + step * 40_000)),
  ).map((record) => ({ ...record, src_ip: jump?.ip ?? null }));
}

function visit(id: string, key: string, machine: Machine, user: string, at: number): NoiseRecord {
  const rule = attackRule(key);
  return {
    id,
    rule_id: rule.ruleId,
    rule_title: rule.title,
    rule_author: rule.author,
    level: rule.level,
    tags: rule.tags,
    host: machine.name,
    user: `${domain}\\${user}`,
    src_ip: null,
    timestamp: new Date(Math.floor(at)).toISOString(),
    entity: "Acme",
    raw: {},
  };
}

function logged(record: NoiseRecord, id: number, channel: string, fields: Record<string, string>): NoiseRecord {
  const { host, timestamp } = record;
  const raw = windowsLog("winlog", { id, channel, computer: host, time: timestamp, fields });
  return { ...record, event_id: id, channel, raw };
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

function digit(text: string): number {
  return Number.parseInt(digest(text).slice(0, 1), 16);
}

function logonId(session: string): string {
  return `0x${digest(session).slice(0, 7)}`;
}

function guid(text: string): string {
  const digits = digest(text);
  return `{${digits.slice(0, 8)}-${digits.slice(8, 12)}-${digits.slice(12, 16)}-${digits.slice(16, 20)}-${digits.slice(20, 32)}}`;
}
