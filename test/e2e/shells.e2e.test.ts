/** Completion in a real zsh and fish, and the manual pages before the checkers of mandoc and groff. */
import { expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { gunzipSync } from "node:zlib";
import { program } from "../harness/program.ts";
import { installed } from "../harness/rsyslog.ts";

/** A folder with `bin/rhythmx` and what `rhythmx generate` makes in `usr`. */
function site(): { folder: string; env: NodeJS.ProcessEnv; dispose(): void } {
  const folder = mkdtempSync(join(tmpdir(), "rhythmx-shells-"));
  mkdirSync(join(folder, "bin"));
  const env = { ...process.env, HOME: folder, PATH: `${join(folder, "bin")}:${process.env.PATH}`, TERM: "xterm" };
  const script = `#!/bin/sh\nexec ${process.execPath} ${program} "$@"\n`;
  writeFileSync(join(folder, "bin/rhythmx"), script, { mode: 0o755 });
  const made = spawnSync(join(folder, "bin/rhythmx"), ["generate", join(folder, "usr")], { env, encoding: "utf8" });
  expect({ status: made.status, stdout: made.stdout }).toEqual({ status: 0, stdout: "" });
  return { folder, env, dispose: () => rmSync(folder, { recursive: true, force: true }) };
}

test.skipIf(!installed("fish", "fish"))("fish", () => {
  const { folder, env, dispose } = site();
  const complete = (line: string) => {
    const script = join(folder, "usr/share/fish/vendor_completions.d/rhythmx.fish");
    const { stdout, stderr } = spawnSync("fish", ["-c", `source ${script}; complete -C "${line}"`], {
      env: { ...env, RHYTHMX_DATA_DIR: join(folder, "data") },
      cwd: folder,
      encoding: "utf8",
    });
    expect(stderr).toBe("");
    return stdout.split("\n").flatMap((word) => (word === "" ? [] : [word.split("\t")[0] ?? ""]));
  };
  expect(complete("rhythmx de")).toEqual(["deliveries", "demo", "destinations"]);
  expect(complete("rhythmx user ")).toEqual(["add", "disable", "enable", "list", "password", "reset-totp"]);
  expect(complete("rhythmx user add jane --role ")).toEqual(["admin", "analyst", "soar", "viewer"]);
  expect(complete("rhythmx destinations --")).toEqual(["--color", "--help", "--json"]);
  expect(complete("rhythmx import --format ha")).toEqual(["hayabusa"]);
  expect(complete("rhythmx import bi")).toEqual(["bin/"]);
  expect(complete("rhythmx completion ")).toEqual(["bash", "fish", "zsh"]);
  // A name that is looked up.
  const key = ["key", "create", "engine", "--scope", "ingest"];
  const made = spawnSync(join(folder, "bin/rhythmx"), key, {
    env: { ...env, RHYTHMX_DATA_DIR: join(folder, "data") },
    encoding: "utf8",
  });
  const [id = "none"] = made.stderr.split(" ");
  expect(complete("rhythmx key revoke ")).toEqual([id]);
  dispose();
});

test.skipIf(!installed("zsh", "zsh"))("zsh", () => {
  const { folder, env, dispose } = site();
  // ^X prints the line as it stands and empties it.
  writeFileSync(
    join(folder, "init.zsh"),
    `PROMPT=; unset RPS1; fpath=(${folder}/usr/share/zsh/vendor-completions $fpath)
autoload -U compinit; compinit -u -D; setopt no_beep
show() { print -r -- "[[$BUFFER]]"; zle -I; BUFFER= }
zle -N show; bindkey '^X' show; print READY
`,
  );
  writeFileSync(
    join(folder, "drive.zsh"),
    `zmodload zsh/zpty; zpty z zsh -f -i
zpty -w z "source ${folder}/init.zsh"; zpty -r -m z REPLY '*READY*'
for line; do zpty -w -n z "$line"$'\\t\\x18'; zpty -r -m z REPLY '*\\]\\]*'; print -r -- "$REPLY"; print -r -- '----'; done
zpty -d z
`,
  );
  const lines: [string, string[]][] = [
    ["rhythmx de", ["deliveries", "demo", "destinations"]],
    ["rhythmx ver", ["[[rhythmx version ]]"]],
    ["rhythmx user ", ["reset-totp", "keep a user out"]],
    ["rhythmx user add jane --role an", ["[[rhythmx user add jane --role analyst ]]"]],
    ["rhythmx destinations --js", ["[[rhythmx destinations --json ]]"]],
    ["rhythmx destinations f", ["[[rhythmx destinations forget ]]"]],
    ["rhythmx key create k --scope ingest,feed", ["[[rhythmx key create k --scope ingest,feed:read,]]"]],
    ["rhythmx import --format ha", ["[[rhythmx import --format hayabusa ]]"]],
    ["rhythmx completion f", ["[[rhythmx completion fish ]]"]],
  ];
  const driven = spawnSync("zsh", ["-f", join(folder, "drive.zsh"), ...lines.map(([line]) => line)], {
    env,
    cwd: folder,
    encoding: "utf8",
    timeout: 60_000,
  });
  const shown = driven.stdout.split("----\n");
  expect(shown.length).toBe(lines.length + 1);
  lines.forEach(([, words], index) => {
    for (const word of words) expect(shown[index]).toContain(word);
  });
  dispose();
});

const canLint = [installed("mandoc", "mandoc"), installed("groff", "groff-base")].every(Boolean);
test.skipIf(!canLint)("mandoc and groff find nothing in the manual", () => {
  const { folder, dispose } = site();
  const man = join(folder, "usr/share/man");
  const pages = ["man1", "man5"].flatMap((section) =>
    readdirSync(join(man, section)).map((name) => join(section, name)),
  );
  expect(pages.length).toBeGreaterThan(15);
  for (const name of pages) {
    const page = join(folder, basename(name, ".gz"));
    writeFileSync(page, gunzipSync(readFileSync(join(man, name))));
    const lint = spawnSync("mandoc", ["-T", "lint", page], { encoding: "utf8" });
    expect({ name, status: lint.status, said: lint.stdout + lint.stderr }).toEqual({ name, status: 0, said: "" });
    const groff = spawnSync("groff", ["-man", "-ww", "-z", page], { encoding: "utf8" });
    expect({ name, status: groff.status, said: groff.stdout + groff.stderr }).toEqual({ name, status: 0, said: "" });
  }
  dispose();
});
