/** `npm run case-examples`: twelve incidents of different kinds as tickets of each system, into docs/examples. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { executable } from "../harness/browser.ts";
import { exampleTickets } from "./render.ts";

/** Tickets that are also shown as a picture, which is kept small. */
const pictured = ["02-ransomware", "06-many-hosts", "10-domain-controller"];
const largestPicture = 120_000;

function picture(html: string, path: string): boolean {
  const folder = mkdtempSync(join(tmpdir(), "rhythmx-picture-"));
  try {
    const page = join(folder, "case.html");
    const style = "body{font:13px sans-serif;margin:12px;max-width:760px}td,th{text-align:left;vertical-align:top}";
    writeFileSync(page, html.replace("<title>", `<style>${style}</style><title>`));
    const flags = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--window-size=800,640"];
    spawnSync(executable, [...flags, `--screenshot=${path}`, `file://${page}`], { stdio: "ignore", timeout: 60_000 });
    if (existsSync(path) && statSync(path).size > largestPicture) rmSync(path);
    return existsSync(path);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const folder = join(import.meta.dirname, "../../docs/examples");
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
for (const { name, jira, servicenow, proactive } of await exampleTickets()) {
  writeFileSync(join(folder, `${name}.jira.txt`), jira);
  writeFileSync(join(folder, `${name}.servicenow.txt`), servicenow);
  writeFileSync(join(folder, `${name}.proactive.html`), proactive);
  const isDrawn = pictured.includes(name) && picture(proactive, join(folder, `${name}.png`));
  console.log(
    `${name}: ${jira.length}, ${servicenow.length}, ${proactive.length} characters${isDrawn ? ", picture" : ""}`,
  );
}
process.exit(0);
