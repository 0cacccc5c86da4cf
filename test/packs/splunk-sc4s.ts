/**
 * What SC4S hands to Splunk with the parser of the pack's page: syslog-ng, of which SC4S is made, with that parser as it stands on the page. What SC4S has itself
 * (its topic, its rewrite, its template `t_5424_hdr_sdata_msg`) is stated here as its documents describe it.
 */
import { mkdtempSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "../harness/free-port.ts";
import { syslogNgProgram } from "../harness/syslog-ng.ts";
import { Daemon } from "./syslog-daemons.ts";

const surroundings = (port: number, folder: string, parser: string) => `@version: 3.38
options { keep-hostname(yes); use-dns(no); };
block rewrite r_set_splunk_dest_default(index() sourcetype() vendor() product() template()) {
  set("\`sourcetype\`", value(".splunk.sourcetype"));
  set("\`template\`", value(".splunk.sc4s_template"));
};
template t_hdr_msg { template("\${MSGHDR}\${MESSAGE}"); };
template t_5424_hdr_sdata_msg { template("\${ISODATE} \${HOST} \${PROGRAM} \${PID} \${MSGID:--} \${SDATA} \${MESSAGE}"); };
${parser}
source s { network(ip("127.0.0.1") port(${port}) transport("tcp") flags(syslog-protocol) log-msg-size(262144)); };
parser p { app-parser(topic(sc4s-syslog-sdata)); };
destination d { file("${folder}/hec" template("\${.splunk.sourcetype} $(template \${.splunk.sc4s_template} t_hdr_msg)\\n")); };
log { source(s); parser(p); destination(d); flags(flow-control); };
`;

/** By sourcetype and event, in the order of the messages. */
export async function throughSc4s(
  parser: string,
  lines: readonly string[],
): Promise<[sourcetype: string, event: string][]> {
  const folder = mkdtempSync(join(tmpdir(), "rhythmx-sc4s-"));
  const port = await freePort();
  writeFileSync(join(folder, "conf"), surroundings(port, folder, parser));
  const { program, modules, environment } = syslogNgProgram;
  const state = ["-R", join(folder, "persist"), "-p", join(folder, "pid"), "-c", join(folder, "control")];
  const args = ["-F", "--no-caps", "-f", join(folder, "conf"), modules, ...state];
  const daemon = new Daemon(
    folder,
    { tcp: port, octet: port, tls: port, relp: 0, udp: 0 },
    [program, ...args],
    environment,
  );
  try {
    await daemon.start();
    connect(port, "127.0.0.1").end(`${lines.join("\n")}\n`);
    const events = await daemon.until("hec", lines.length);
    return events.map((line) => {
      const space = line.indexOf(" ");
      return [line.slice(0, space), line.slice(space + 1)];
    });
  } finally {
    await daemon.remove();
  }
}
