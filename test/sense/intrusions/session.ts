/** Who works where in an attack, the programs that run, and a detection as it is sent. */
import { domain, type Machine } from "../estate.ts";
import type { WindowsEvent } from "./logs.ts";

export interface AttackRecord {
  id: string;
  rule_id: string;
  rule_title: string;
  rule_author: string;
  level: string;
  tags: readonly string[];
  host: string | null;
  user: string | null;
  src_ip: string | null;
  event_id: number | null;
  channel: string | null;
  timestamp: string;
  entity: string;
  raw: object;
}

/** Somebody logged on to a machine. */
export interface Session {
  machine: Machine;
  /** Without domain; null = the machine's own account, SYSTEM. */
  user: string | null;
  /** Whose account it is: the domain, the machine itself, IIS. */
  authority: string;
  /** `0x3e7` for SYSTEM. */
  logonId: string;
}

export interface Process {
  session: Session;
  image: string;
  commandLine: string;
  guid: string;
  pid: number;
}

export interface Origin {
  machine?: Machine;
  ip: string;
}

/** What a rule sees. `event` null: no Windows event. */
export interface Seen {
  host: string;
  user: string | null;
  ip: string | null;
  event: WindowsEvent | null;
  raw: object;
}

/** The programs that stand in Windows' own folder, by file name. */
const system32 =
  /^(cmd|whoami|net|nltest|rundll32|regsvr32|msiexec|mshta|schtasks|reg|wmic|vssadmin|bcdedit|wbadmin|sc|certutil|wevtutil|fodhelper|svchost|services|wsmprovhost|ntdsutil|mstsc|wmiprvse|lsass|w3wp)\.exe$/i;

export function pathOf(image: string): string {
  if (image.includes("\\")) return image;
  if (image === "powershell.exe") return "C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe";
  if (image === "explorer.exe") return "C:\\Windows\\explorer.exe";
  if (image === "WINWORD.EXE" || image === "EXCEL.EXE")
    return `C:\\Program Files\\Microsoft Office\\root\\Office16\\${image}`;
  return system32.test(image) ? `C:\\Windows\\System32\\${image}` : `C:\\Users\\Public\\${image}`;
}

export function hex(value: number): string {
  return `0x${value.toString(16)}`;
}

export function account({ user, authority }: Session): string {
  return `${authority}\\${user ?? "SYSTEM"}`;
}

export function subject(session: Session): Record<string, string> {
  const { machine, user, authority, logonId } = session;
  return {
    SubjectUserName: user ?? `${netbios(machine)}$`,
    SubjectDomainName: user === null ? domain : authority,
    SubjectLogonId: logonId,
  };
}

export function netbios({ name }: Machine): string {
  return (name.split(".")[0] ?? "").toUpperCase();
}
