/** The way of messages to Microsoft Sentinel: rsyslog with the pack's file, then what listens in the Azure Monitor Agent's place. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createSyslogSender } from "../../transports/syslog/sender.ts";
import { freePort } from "../harness/free-port.ts";
import { SyslogReceiver } from "../harness/syslog-receiver.ts";
import type { KqlRow } from "./kql.ts";

const snippet = join(import.meta.dirname, "../../appliance/packs/sentinel/DataConnectors/rsyslog-rhythmx.conf");
const facilities: Readonly<Record<number, string>> = { 16: "local0", 17: "local1" };
const severities = ["emerg", "alert", "crit", "err", "warning", "notice", "info", "debug"];

/** A row of the table Syslog, as the agent makes it of a line in the form of RFC 3164. */
export function syslogRow(line: string): KqlRow {
  const found = /^<(\d+)>(\w{3} [ \d]\d \d\d:\d\d:\d\d) (\S+) (?:([\w./-]*)(?:\[(\d*)\])?: )?(.*)$/su.exec(line);
  if (found === null) throw new Error(`no syslog: ${line.slice(0, 200)}`);
  const [, priority, , host = "", program = "", process = "", message = ""] = found;
  return {
    ...received,
    HostName: host,
    Computer: host,
    Facility: facilities[Number(priority) >> 3] ?? "",
    SeverityLevel: severities[Number(priority) & 7] ?? "",
    ProcessName: program,
    ProcessID: process === "" ? null : Number(process),
    SyslogMessage: message,
  };
}

const received: KqlRow = {
  TenantId: "3b0f1f0e-0000-0000-0000-000000000000",
  SourceSystem: "Linux",
  TimeGenerated: new Date("2026-11-29T08:00:00Z"),
  EventTime: new Date("2026-11-29T08:00:00Z"),
  HostIP: "10.0.0.4",
  CollectorHostName: "forwarder",
  MG: "",
  Type: "Syslog",
  _ResourceId: "",
};

/** Rows of messages that go through rsyslog as the pack sets it up, beside a main configuration as forwarders have it, in order. */
export async function throughForwarder(lines: readonly string[]): Promise<KqlRow[]> {
  const folder = mkdtempSync(join(tmpdir(), "rhythmx-forwarder-"));
  const agent = await SyslogReceiver.started();
  const port = await freePort();
  const text = readFileSync(snippet, "utf8")
    .replace('port="28330"', `port="${agent.port}"`)
    .replace('port="5514"', `port="${port}" address="127.0.0.1"`)
    .replace('action.resumeInterval="5"', 'action.resumeInterval="1"');
  writeFileSync(join(folder, "05-rhythmx-ama.conf"), text);
  writeFileSync(
    join(folder, "conf"),
    `module(load="imtcp")
input(type="imtcp" port="${await freePort()}" address="127.0.0.1")
global(workDirectory="${folder}")
include(file="${folder}/*.conf")
action(type="omfile" file="${folder}/default-ruleset")
`,
  );
  let child: ChildProcess | null = null;
  const sender = createSyslogSender({
    ...{ host: "127.0.0.1", port, protocol: "tcp", framing: "lf" },
    limits: { backoffMinMs: 20, backoffMaxMs: 200 },
  });
  try {
    let errors = "";
    child = spawn("rsyslogd", ["-n", "-iNONE", "-f", join(folder, "conf")], { stdio: ["ignore", "ignore", "pipe"] });
    child.stderr?.on("data", (chunk) => {
      errors += chunk;
    });
    for (let at = 0; at < lines.length; at += 200)
      await sender.send(lines.slice(at, at + 200).map((line) => Buffer.from(line)));
    await agent.until(() => agent.messages.length >= lines.length);
    if (errors !== "") throw new Error(`rsyslog complains: ${errors}`);
    return agent.messages.map(syslogRow);
  } finally {
    await sender.close();
    const over = child === null ? null : new Promise((resolve) => child?.once("exit", resolve));
    child?.kill("SIGKILL");
    await over;
    await agent.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}
