/** Logs as Windows, Sysmon and Linux write them, in the shapes that shippers give them. */

/** How a shipper lays out a Windows event: NXLog flat, Winlogbeat 7 and later, EVTX as JSON, Wazuh. */
export const logShapes = ["flat", "winlog", "evtx", "wazuh"] as const;
export type LogShape = (typeof logShapes)[number];

export interface WindowsEvent {
  id: number;
  channel: string;
  computer: string;
  /** ISO 8601. */
  time: string;
  fields: Readonly<Record<string, string>>;
}

const providers: Readonly<Record<string, string>> = {
  Security: "Microsoft-Windows-Security-Auditing",
  System: "Service Control Manager",
  "Microsoft-Windows-Sysmon/Operational": "Microsoft-Windows-Sysmon",
  "Microsoft-Windows-PowerShell/Operational": "Microsoft-Windows-PowerShell",
};

export const sysmon = "Microsoft-Windows-Sysmon/Operational";

export function windowsLog(shape: LogShape, { id, channel, computer, time, fields }: WindowsEvent): object {
  const provider = providers[channel] ?? channel;
  switch (shape) {
    case "flat":
      return { EventID: id, Channel: channel, Hostname: computer, SourceName: provider, "@timestamp": time, ...fields };
    case "winlog":
      return {
        "@timestamp": time,
        agent: { type: "winlogbeat", name: computer.split(".")[0] },
        host: { name: computer },
        event: { code: String(id), provider },
        winlog: { channel, event_id: id, computer_name: computer, provider_name: provider, event_data: fields },
      };
    case "evtx":
      return {
        Event: {
          System: {
            Provider: { "@Name": provider },
            EventID: id,
            Channel: channel,
            Computer: computer,
            TimeCreated: { "@SystemTime": time },
          },
          EventData: { Data: Object.entries(fields).map(([name, text]) => ({ "@Name": name, "#text": text })) },
        },
      };
    case "wazuh": {
      const camel = Object.entries(fields).map(([name, text]) => [name.charAt(0).toLowerCase() + name.slice(1), text]);
      return {
        data: {
          win: {
            system: { eventID: String(id), channel, computer, providerName: provider, systemTime: time },
            eventdata: Object.fromEntries(camel),
          },
        },
      };
    }
  }
}

export interface LinuxCommand {
  computer: string;
  /** ISO 8601. */
  time: string;
  user: string;
  exe: string;
  commandLine: string;
  pid: number;
  parentPid: number;
  parentExe: string;
  /** Session number of auditd. */
  session: number;
  /** ProcessGuid and ParentProcessGuid of Sysmon for Linux; null = the machine has auditd only. */
  guids: { own: string; parent: string } | null;
}

export function linuxLog(command: LinuxCommand): object {
  const { computer, time, user, exe, commandLine, pid, parentPid, parentExe, session, guids } = command;
  if (guids !== null)
    return {
      "@timestamp": time,
      Channel: "Linux-Sysmon/Operational",
      EventID: 1,
      Computer: computer,
      Image: exe,
      CommandLine: commandLine,
      User: user,
      ProcessId: String(pid),
      ProcessGuid: guids.own,
      ParentProcessId: String(parentPid),
      ParentProcessGuid: guids.parent,
      ParentImage: parentExe,
      LogonId: String(session),
    };
  return {
    "@timestamp": time,
    host: { name: computer },
    user: { name: user },
    auditd: { session: String(session), message_type: "execve" },
    process: {
      executable: exe,
      command_line: commandLine,
      pid,
      parent: { pid: parentPid, executable: parentExe },
    },
  };
}
