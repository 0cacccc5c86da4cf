/**
 * Somebody who follows the packs' READMEs: the folders of the programs that files go to, and these programs, looking at the reader's folders. Programs
 * that cannot be had are taken to succeed.
 */
import { spawn } from "node:child_process";
import { chmodSync, closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { binary } from "../harness/binary.ts";
import { syslogNgProgram } from "../harness/syslog-ng.ts";
import { Document } from "../packaging/document.ts";

const notHad = [
  "apt-get",
  "systemctl",
  "az",
  "demisto-sdk",
  "filebeat",
  "logstash",
  "logstash-plugin",
  "logstash-keystore",
];

const folders = [
  "etc/filebeat",
  "etc/grafana/provisioning/dashboards",
  "etc/graylog/server",
  "etc/logrotate.d",
  "etc/logstash/conf.d",
  "etc/prometheus",
  "etc/rsyslog.d",
  "etc/syslog-ng/conf.d",
  "var/lib/grafana/dashboards",
  "var/log/rhythmx",
];

/** How a block of commands begins where it does not say that it is one. */
const commands =
  /^(?:rhythmx|tail|tar|sed|\/usr\/share\/logstash|cp|curl|install|openssl|promtool|python3|az|apt-get|demisto-sdk)\b/;

export interface Followed {
  code: number | null;
  out: string;
  errors: string;
}

export class ReadmeReader {
  readonly root = mkdtempSync(join(tmpdir(), "rhythmx-readmes-"));
  /** Where the packs have been written to. */
  readonly exported = join(this.root, "packs");
  /** Holds the reader's etc and var. */
  readonly machine = join(this.root, "machine");
  readonly #programs = join(this.root, "bin");
  /** What is pasted where a command reads it. */
  pasted = "";

  constructor() {
    for (const folder of folders) mkdirSync(join(this.machine, folder), { recursive: true });
    mkdirSync(this.#programs);
    for (const name of notHad) this.#program(name, "exit 0");
    const { machine } = this;
    const conf = (folder: string) => `cat ${machine}/etc/${folder}/*.conf | sed 's#/etc/#${machine}/etc/#g'`;
    this.#program(
      "rsyslogd",
      `${conf("rsyslog.d")} > ${machine}/rsyslog.conf; exec /usr/sbin/rsyslogd "$@" -f ${machine}/rsyslog.conf`,
    );
    const { program, modules, environment } = syslogNgProgram;
    this.#program(
      "syslog-ng",
      `{ echo '@version: 3.38'; ${conf("syslog-ng/conf.d")}; } > ${machine}/syslog-ng.conf
LD_LIBRARY_PATH=${environment.LD_LIBRARY_PATH} exec ${program} "$@" ${modules} -f ${machine}/syslog-ng.conf`,
    );
    // For users that are not there.
    this.#program("install", `exec /usr/bin/install $(echo "$@" | sed -E 's/-[og] [a-z]+ //g')`);
    // Pollers go on for ever.
    this.#program("python3", `test "$1" = poll.py && set -- "$@" --once; exec /usr/bin/python3 "$@"`);
    this.#program("node", `exec ${process.execPath} "$@" --once`);
    this.#program("rhythmx", `exec ${binary()} "$@"`);
    writeFileSync(join(this.root, ".netrc"), "machine localhost login admin password secret\n");
    writeFileSync(join(machine, "var/log/rhythmx/rhythmx.json"), "{}\n");
  }

  /** Blocks of a README that are commands. */
  commandsOf(pack: string): string[] {
    return new Document(join(this.exported, pack, "README.md")).blocks
      .filter(({ language, text }) => language === "sh" || (language === "" && commands.test(text)))
      .map(({ text }) => text);
  }

  /** All commands of a pack's README in its folder, with `values` in the place of examples, until one fails. */
  async follow(pack: string, values: Record<string, string>, env: Record<string, string>): Promise<Followed> {
    let script = this.commandsOf(pack).join("\n");
    for (const [example, own] of Object.entries(values)) {
      if (!script.includes(example)) throw new Error(`"${example}" is not in the commands of ${pack}`);
      script = script.replaceAll(example, () => own);
    }
    script = script
      .replace(/(?<![\w.])\/(etc|var)\//g, `${this.machine}/$1/`)
      .replaceAll("/usr/share/logstash/bin/", "");
    writeFileSync(join(this.root, "pasted"), this.pasted);
    const input = openSync(join(this.root, "pasted"), "r");
    const child = spawn("bash", ["-euo", "pipefail", "-c", script], {
      cwd: join(this.exported, pack),
      env: { ...env, PATH: `${this.#programs}:/usr/sbin:/usr/bin:/bin`, HOME: this.root },
      stdio: [input, "pipe", "pipe"],
    });
    const followed: Followed = { code: null, out: "", errors: "" };
    child.stdout?.on("data", (text) => {
      followed.out += text;
    });
    child.stderr?.on("data", (text) => {
      followed.errors += text;
    });
    followed.code = await new Promise((resolve) => child.once("close", resolve));
    closeSync(input);
    return followed;
  }

  /** An empty folder of rsyslog's, as on a machine of its own. */
  otherMachine(): void {
    rmSync(join(this.machine, "etc/rsyslog.d"), { recursive: true });
    mkdirSync(join(this.machine, "etc/rsyslog.d"));
  }

  dispose(): void {
    rmSync(this.root, { recursive: true, force: true });
  }

  #program(name: string, text: string): void {
    writeFileSync(join(this.#programs, name), `#!/bin/sh\n${text}\n`);
    chmodSync(join(this.#programs, name), 0o755);
  }
}
