/** What `install` says at its end: where to go, how to get in, what else the machine needs. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { certificateFiles } from "../../../core/settings/certificate-files.ts";
import { isLoopback } from "../../../core/settings/forms.ts";
import type { Settings } from "../../../core/settings.ts";
import { visible } from "../../../core/text/visible.ts";
import { firstPasswordFile } from "../../access/first-admin.ts";
import { factsOf, hostOf, urlHost } from "../../certificate/facts.ts";
import { version } from "../../runtime/version.ts";
import type { ServiceState } from "./service.ts";
import type { Target } from "./target.ts";

interface Ending {
  target: Target;
  settings: Pick<Settings, "dataDir" | "listen" | "tlsCertFile" | "tlsKeyFile" | "alertHealth" | "incidentHealth">;
  /** Null: nothing was started. */
  service: ServiceState | null;
  fromPackage: boolean;
  /** The first administrator's, to be shown; null where nobody may see it. */
  password: string | null;
  /** Whether it is still the generated one. */
  hasPassword: boolean;
}

const others = 3;

export function nextSteps(ending: Ending): string {
  const { target, service, fromPackage } = ending;
  const where = target.isMachine ? "" : ` in ${target.root}`;
  const state = service === null ? "" : service.active === "active" ? " and runs" : "";
  const rows: [string, string[]][] = [
    ...(service === null && !fromPackage ? [["Start", startLines(target)] as [string, string[]]] : []),
    ["Open", openLines(ending)],
    ["Sign in", signInLines(ending)],
    ["Firewall", firewallLines(ending)],
    ["Log", ["journalctl -u rhythmx"]],
    ["Settings", [`in the console, or in ${target.paths.environmentFile}`, "rhythmx check    tries them"]],
    ["Next", ["a key for whoever sends detections:", "  rhythmx key create sensor-1 --scope ingest"]],
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  const lines = rows.flatMap(([name, texts]) =>
    texts.map((text, index) => `  ${(index === 0 ? name : "").padEnd(width)}  ${visible(text)}\n`),
  );
  return `\nRhythmX Edge ${version} is installed${where}${state}.\n\n${lines.join("")}`;
}

function startLines({ isMachine, hasRunningSystemd, paths, root }: Target): string[] {
  if (hasRunningSystemd) return ["systemctl enable --now rhythmx"];
  if (!isMachine)
    return ["at that system's next start, once it is enabled:", `  systemctl --root=${root} enable rhythmx`];
  return [
    "systemd does not run here. Let your supervisor run, as user rhythmx:",
    `  RHYTHMX_DEFAULT_LISTEN=0.0.0.0:8443 ${paths.binary} serve`,
    "and end it with SIGTERM, after which it needs up to 10 seconds",
  ];
}

function openLines({ target, settings }: Ending): string[] {
  const { host, port } = settings.listen;
  const files = certificateFiles(settings);
  if (files === null) return [`http://${host}:${port}/   (this machine alone)`];
  const facts = factsOf(read(files.own ? join(target.paths.dataDir, "tls/server.crt") : files.certFile));
  const url = (name: string) => `https://${name}${port === 443 ? "" : `:${port}`}/`;
  if (facts === null) return [url(isLoopback(host) ? host : "ADDRESS-OF-THIS-MACHINE")];
  const addresses = facts.names.flatMap((name) => {
    const [, address] = /^IP Address:(.+)$/.exec(name) ?? [];
    return address === undefined || /^(?:127\.|0:0:0:0:0:0:0:1$|::1$)/.test(address) ? [] : [url(urlHost(address))];
  });
  const first = hostOf(facts);
  const urls = [...new Set([...(first === null ? [url("ADDRESS-OF-THIS-MACHINE")] : [url(first)]), ...addresses])];
  const trust = facts.madeHere
    ? ["The browser warns: the certificate is self-signed. Its SHA-256:", ...halves(facts.fingerprint)]
    : [];
  return [...urls.slice(0, others), ...trust];
}

function signInLines({ target, password, hasPassword }: Ending): string[] {
  const file = join(target.paths.dataDir, firstPasswordFile);
  if (!hasPassword) return ["with a user that there is; the first one is admin"];
  if (password === null) return ["admin; the password is in", `  ${file}`];
  return [`admin`, `password: ${password}`, `shown here once, and in ${file} until it is changed`];
}

function firewallLines({ settings }: Ending): string[] {
  const { listen, alertHealth, incidentHealth } = settings;
  if (isLoopback(listen.host)) return ["nothing: it listens on loopback"];
  const health = [alertHealth, incidentHealth].filter(({ host }) => !isLoopback(host)).map(({ port }) => port);
  const ports = [listen.port, ...health];
  return [
    `open TCP ${ports.join(", ")}${health.length === 0 ? "" : " (the latter for health)"} to those who use it, such as`,
    `  ufw allow ${listen.port}/tcp`,
    `  firewall-cmd --permanent --add-port=${listen.port}/tcp; firewall-cmd --reload`,
  ];
}

function halves(fingerprint: string): string[] {
  const middle = Math.ceil(fingerprint.length / 2);
  return [`  ${fingerprint.slice(0, middle)}`, `  ${fingerprint.slice(middle)}`];
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
