/**
 * A bare Debian: what `debootstrap` installs at the least, with systemd, what the documents use in commands, and rsyslog as a receiver. Made once and kept; machines lay their own
 * files over it.
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { dirname, join } from "node:path";

const packages = ["systemd-sysv", "sudo", "curl", "jq", "openssl", "iproute2", "ufw", "rsyslog"];
/** Changes with what is in it, so that an older one is made anew. */
const name = `debian-1-${packages.join("-")}`;

/** The root's folder; made if it is not there, which takes a minute and Debian's packages. */
export function debianRoot(): string {
  const root = process.env.RHYTHMX_DEBIAN_ROOT ?? join(homedir(), ".cache/rhythmx-ci", name);
  if (existsSync(root)) return root;
  mkdirSync(dirname(root), { recursive: true });
  // Where this machine's own packages come from, and which Debian it is.
  const format = ["--format", "$(REPO_URI) $(CODENAME)", "Created-By: Packages"];
  const [uri = "", codename = ""] = execFileSync("apt-get", ["indextargets", ...format], { encoding: "utf8" })
    .split("\n", 1)
    .join("")
    .split(" ");
  const unfinished = `${root}.unfinished`;
  rmSync(unfinished, { recursive: true, force: true });
  // In memory: dpkg waits for the disk after each file.
  const memory = mkdtempSync(join(tmpdir(), "rhythmx-debootstrap-"));
  execFileSync("mount", ["-t", "tmpfs", "-o", "mode=755", "tmpfs", memory]);
  try {
    const words = ["--variant=minbase", `--include=${packages.join(",")}`, codename, memory, uri];
    execFileSync("debootstrap", words, { stdio: ["ignore", "ignore", "inherit"] });
    rmSync(join(memory, "var/cache/apt"), { recursive: true, force: true });
    rmSync(join(memory, "var/lib/apt/lists"), { recursive: true, force: true });
    writeFileSync(join(memory, "etc/hostname"), "edge\n");
    writeFileSync(join(memory, "etc/hosts"), "127.0.0.1 localhost\n192.0.2.10 edge.corp.example edge\n");
    writeFileSync(join(memory, "etc/resolv.conf"), "");
    execFileSync("cp", ["-a", memory, unfinished]);
  } finally {
    execFileSync("umount", [memory]);
    rmSync(memory, { recursive: true });
  }
  renameSync(unfinished, root);
  return root;
}

if (import.meta.main) console.log(debianRoot());
