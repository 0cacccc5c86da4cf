/**
 * A private syslog-ng in a temporary folder. Its package excludes rsyslog's, so it is unpacked beside it instead of installed:
 * `apt-get download` and `dpkg -x` into a cache folder, once per machine.
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "./free-port.ts";
import { messagesIn, messagesOnce } from "./message-file.ts";

const packages = ["syslog-ng-core", "libivykis0", "libpcre3", "libnet1", "libjson-c5", "libwrap0"];
const cache = join(tmpdir(), "rhythmx-syslog-ng");
const root = process.env.RHYTHMX_SYSLOG_NG_DIR ?? join(cache, "root");
const program = join(root, "usr/sbin/syslog-ng");
const libraries = ["usr/lib/syslog-ng", "usr/lib/x86_64-linux-gnu", "lib/x86_64-linux-gnu"]
  .map((path) => join(root, path))
  .join(":");
const environment = { ...process.env, LD_LIBRARY_PATH: libraries };
/** How it is started from where it was unpacked. */
export const syslogNgProgram = {
  program,
  modules: `--module-path=${join(root, "usr/lib/syslog-ng/3.38")}`,
  environment,
};

/** Unpacks syslog-ng when it is not there yet. In CI a missing one is a failure; elsewhere it is said once, visibly. */
export function syslogNgUnpacked(): boolean {
  if (!existsSync(program)) unpack();
  if (spawnSync(program, ["--version"], { env: environment }).status === 0) return true;
  const message = `syslog-ng cannot be unpacked (apt-get download ${packages.join(" ")})`;
  if (process.env.CI) throw new Error(message);
  console.log(`skipped: ${message}`);
  return false;
}

function unpack(): void {
  mkdirSync(root, { recursive: true });
  const command = `apt-get download ${packages.join(" ")} && for file in *.deb; do dpkg -x "$file" root || exit 1; done`;
  spawnSync("sh", ["-c", command], { cwd: cache, stdio: "ignore", timeout: 60_000 });
}

export class SyslogNg {
  readonly #folder = mkdtempSync(join(tmpdir(), "syslog-ng-"));
  #process: ChildProcess | null = null;

  private constructor(readonly port: number) {}

  /** `source` is a source driver with `PORT` for its port, for example `syslog(ip("127.0.0.1") port(PORT) transport("tcp"))`. */
  static async started(source: string): Promise<SyslogNg> {
    const syslogNg = new SyslogNg(await freePort());
    await syslogNg.#start(source);
    return syslogNg;
  }

  /** One line a message: what syslog-ng understood as host, program, message id, the id of the first element, and the body. */
  messages(): string[] {
    return messagesIn(join(this.#folder, "out"));
  }

  until(condition: (messages: string[]) => boolean, milliseconds = 180_000): Promise<string[]> {
    return messagesOnce(join(this.#folder, "out"), condition, milliseconds);
  }

  async remove(): Promise<void> {
    const child = this.#process;
    if (child && child.exitCode === null) {
      const over = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGKILL");
      await over;
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #start(source: string): Promise<void> {
    const file = (name: string) => join(this.#folder, name);
    const id = `\${.SDATA.sigma@32473.id}`;
    const template = `$HOST|$PROGRAM|$MSGID|${id}|$MSG\\n`;
    writeFileSync(
      file("conf"),
      [
        "@version: 3.38",
        "options { keep-hostname(yes); use-dns(no); };",
        `source in { ${source.replace("PORT", String(this.port))}; };`,
        `destination out { file("${file("out")}" template("${template}")); };`,
        "log { source(in); destination(out); flags(flow-control); };",
        "",
      ].join("\n"),
    );
    const state = ["-R", file("persist"), "-p", file("pid"), "-c", file("control")];
    const child = spawn(program, ["-F", "--no-caps", "-f", file("conf"), syslogNgProgram.modules, ...state], {
      env: environment,
      stdio: ["ignore", "ignore", "pipe"],
    });
    let errors = "";
    child.stderr?.on("data", (text) => {
      errors += text;
    });
    this.#process = child;
    const port = `:${this.port.toString(16).toUpperCase().padStart(4, "0")} `;
    const end = performance.now() + 180_000;
    while (performance.now() < end) {
      if (child.exitCode !== null || child.signalCode !== null) throw new Error(`syslog-ng ended: ${errors}`);
      if (
        readFileSync("/proc/net/tcp", "latin1")
          .split("\n")
          .some((row) => row.includes(port) && row.includes(" 0A "))
      )
        return;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    throw new Error(`syslog-ng does not listen: ${errors}`);
  }
}
