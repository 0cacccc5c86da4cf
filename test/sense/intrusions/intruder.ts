/** An attack as it unfolds: who works where in which session, and the detections of what rules notice of it. */
import type { Dice } from "../../chaos/dice.ts";
import { domain, type Machine } from "../estate.ts";
import { type LogShape, linuxLog, logShapes, sysmon, type WindowsEvent, windowsLog } from "./logs.ts";
import { attackRule } from "./rule-table.ts";
import {
  type AttackRecord,
  account,
  hex,
  netbios,
  type Origin,
  type Process,
  pathOf,
  type Seen,
  type Session,
  subject,
} from "./session.ts";

export class Intruder {
  readonly records: AttackRecord[] = [];
  readonly #name: string;
  readonly dice: Dice;
  readonly #shape: LogShape;
  /** Without Sysmon processes have no ids of their own, only the log of Security has them. */
  readonly #hasSysmon: boolean;
  /** Share of detections that never arrive: rules that are not in use here, sensors that were off. */
  readonly #missing: number;
  /** Epoch milliseconds. */
  at: number;

  constructor(dice: Dice, name: string, at: number) {
    this.dice = dice;
    this.#name = name;
    this.at = at;
    this.#shape = dice.pick(logShapes);
    this.#hasSysmon = dice.chance(0.7);
    this.#missing = dice.pick([0, 0, 0.1, 0.25]);
  }

  /** Time goes by, in minutes. */
  wait(from: number, to: number): void {
    this.at += Math.floor((from + this.dice.next() * (to - from)) * 60_000);
  }

  outside(): string {
    return `${this.dice.pick([45, 91, 185, 193])}.${this.dice.int(1, 250)}.${this.dice.int(1, 250)}.${this.dice.int(2, 250)}`;
  }

  /** Somebody who works on the machine. */
  atWork(machine: Machine, user: string): Session {
    return { machine, user, authority: domain, logonId: this.#logonId() };
  }

  system(machine: Machine): Session {
    return { machine, user: null, authority: "NT AUTHORITY", logonId: "0x3e7" };
  }

  process(session: Session, image: string, commandLine = image): Process {
    const digits = Array.from({ length: 32 }, () => this.dice.int(0, 15).toString(16)).join("");
    const guid = `{${digits.slice(0, 8)}-${digits.slice(8, 12)}-${digits.slice(12, 16)}-${digits.slice(16, 20)}-${digits.slice(20)}}`;
    return { session, image: pathOf(image), commandLine, guid, pid: 4 * this.dice.int(300, 5000) };
  }

  /** A process is started; `session` where the child is in another than its parent. */
  start(parent: Process, image: string, commandLine: string, rules: string, session = parent.session): Process {
    const own = this.process(session, image, commandLine);
    if (this.#hasSysmon)
      this.#windows(session, rules, 1, sysmon, {
        UtcTime: new Date(this.at).toISOString().replace("T", " ").slice(0, 23),
        ProcessGuid: own.guid,
        ProcessId: String(own.pid),
        Image: own.image,
        CommandLine: commandLine,
        User: account(session),
        LogonId: session.logonId,
        IntegrityLevel: session.user === null ? "System" : "High",
        ParentProcessGuid: parent.guid,
        ParentProcessId: String(parent.pid),
        ParentImage: parent.image,
        ParentCommandLine: parent.commandLine,
      });
    else
      this.#windows(session, rules, 4688, "Security", {
        ...subject(session),
        NewProcessId: hex(own.pid),
        NewProcessName: own.image,
        ProcessId: hex(parent.pid),
        ParentProcessName: parent.image,
        CommandLine: commandLine,
      });
    return own;
  }

  /** One process opens another, such as LSASS. */
  open(by: Process, image: string, access: string, rules: string): void {
    const target = this.process(this.system(by.session.machine), image);
    this.#windows(by.session, rules, 10, sysmon, {
      SourceProcessGUID: by.guid,
      SourceProcessId: String(by.pid),
      SourceImage: by.image,
      TargetProcessGUID: target.guid,
      TargetProcessId: String(target.pid),
      TargetImage: target.image,
      GrantedAccess: access,
      SourceUser: account(by.session),
    });
  }

  /** Events of Sysmon about one process: a connection (3), a file (11), a registry value (13), a pipe (17). */
  act(by: Process, id: 3 | 11 | 13 | 17 | 22, fields: Record<string, string>, rules: string): void {
    const more = id === 3 ? { SourceIp: by.session.machine.ip, SourceHostname: by.session.machine.name } : {};
    const own = { ProcessGuid: by.guid, ProcessId: String(by.pid), Image: by.image, User: account(by.session) };
    this.#windows(by.session, rules, id, sysmon, { ...own, ...more, ...fields });
  }

  /** An account logs on over the network; the target's log of Security has it (4624). */
  logon(machine: Machine, user: string, from: Origin, type: 3 | 9 | 10, rules: string, isLocal = false): Session {
    const session = { machine, user, authority: isLocal ? netbios(machine) : domain, logonId: this.#logonId() };
    this.#windows(
      session,
      rules,
      4624,
      "Security",
      {
        SubjectUserName: "-",
        SubjectLogonId: "0x0",
        TargetUserName: user,
        TargetDomainName: session.authority,
        TargetLogonId: session.logonId,
        LogonType: String(type),
        IpAddress: from.ip,
        WorkstationName: type === 10 || from.machine === undefined ? "-" : netbios(from.machine),
      },
      from.ip,
    );
    return session;
  }

  /** Any event of another log, on the session's machine. */
  event(
    session: Session,
    id: number,
    channel: string,
    fields: Record<string, string>,
    rules: string,
    ip: string | null = null,
  ): void {
    const needsSubject = channel === "Security" && !("TargetLogonId" in fields) && id !== 4769 && id !== 4768;
    this.#windows(session, rules, id, channel, { ...(needsSubject ? subject(session) : {}), ...fields }, ip);
  }

  linux(
    machine: Machine,
    user: string,
    parent: { pid: number; guid: string; exe: string; session: number },
    exe: string,
    commandLine: string,
    rules: string,
  ) {
    const own = {
      pid: this.dice.int(2000, 60_000),
      guid: this.process(this.system(machine), exe).guid,
      exe,
      session: parent.session,
    };
    const raw = linuxLog({
      computer: machine.name,
      time: new Date(this.at).toISOString(),
      user,
      exe,
      commandLine,
      pid: own.pid,
      parentPid: parent.pid,
      parentExe: parent.exe,
      session: parent.session,
      guids: this.#hasSysmon ? { own: own.guid, parent: parent.guid } : null,
    });
    this.#detect(rules, { host: machine.name, user, ip: null, event: null, raw });
    return own;
  }

  #windows(
    session: Session,
    rules: string,
    id: number,
    channel: string,
    fields: Record<string, string>,
    ip: string | null = null,
  ): void {
    const event: WindowsEvent = {
      id,
      channel,
      computer: session.machine.name,
      time: new Date(this.at).toISOString(),
      fields,
    };
    // Older Sysmon does not say who opened a process.
    const says = id !== 10 || this.dice.chance(0.5);
    const user = says ? account(session) : null;
    this.#detect(rules, { host: session.machine.name, user, ip, event, raw: windowsLog(this.#shape, event) });
  }

  #detect(rules: string, { host, user, ip, event, raw }: Seen): void {
    for (const key of rules.split(" ").filter((one) => one !== "")) {
      const rule = attackRule(key);
      if (this.dice.chance(this.#missing)) continue;
      this.records.push({
        id: `${this.#name}-${this.records.length}`,
        rule_id: rule.ruleId,
        rule_title: rule.title,
        rule_author: rule.author,
        level: rule.level,
        tags: rule.tags,
        host,
        user,
        src_ip: ip,
        event_id: event?.id ?? null,
        channel: event?.channel ?? null,
        timestamp: new Date(this.at).toISOString(),
        entity: "Acme",
        raw,
      });
    }
    this.at += this.dice.int(200, 40_000);
  }

  #logonId(): string {
    return hex(this.dice.int(0x10000, 0xfffffff));
  }
}
