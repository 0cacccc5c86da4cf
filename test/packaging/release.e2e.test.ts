/** `npm run release`: complete, accepted by Debian's tools, of the right processor, and the same bytes from another folder. */
import { afterAll, expect, test } from "bun:test";
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { Spec, Validation } from "@cyclonedx/cyclonedx-library";
import manifest from "../../package.json" with { type: "json" };
import { madeRelease, release } from "./made-release.ts";

const root = join(import.meta.dirname, "../..");
const folder = mkdtempSync(join(tmpdir(), "rhythmx-release-"));
const { folder: made, dispose } = madeRelease();
const { version } = manifest;

const run = (command: string, ...words: string[]) => execFileSync(command, words, { cwd: made, encoding: "utf8" });

afterAll(() => {
  rmSync(folder, { recursive: true });
  dispose();
});

test("all files are there for both processors, and SHA256SUMS has every one", () => {
  const of = (target: string, architecture: string) => [
    `rhythmx-edge-${version}-${target}.THIRD-PARTY-NOTICES`,
    `rhythmx-edge-${version}-${target}.cdx.json`,
    `rhythmx-edge-${version}-${target}.tar.gz`,
    `rhythmx-edge_${version}_${architecture}.deb`,
    `rhythmx-${target}`,
  ];
  const files = [...of("linux-x64", "amd64"), ...of("linux-arm64", "arm64")].sort();
  expect(readdirSync(made).sort()).toEqual([...files, "SHA256SUMS"].sort());
  expect(run("sha256sum", "-c", "SHA256SUMS").split("\n")).toEqual([...files.map((file) => `${file}: OK`), ""]);
});

test("another folder gives the same bytes", () => {
  const elsewhere = join(folder, "another/and deeper");
  const files = execFileSync("git", ["ls-files", "-z", "-co", "--exclude-standard"], { cwd: root, encoding: "utf8" });
  for (const file of files.split("\0"))
    if (file !== "" && existsSync(join(root, file))) {
      mkdirSync(dirname(join(elsewhere, file)), { recursive: true });
      cpSync(join(root, file), join(elsewhere, file));
    }
  execFileSync("cp", ["-al", join(root, "node_modules"), join(elsewhere, "node_modules")]);
  release(elsewhere, "--target", "linux-x64");
  const again = readFileSync(join(elsewhere, "dist/release/SHA256SUMS"), "utf8");
  expect(again.split("\n").length).toBe(6);
  const lines = readFileSync(join(made, "SHA256SUMS"), "utf8").split("\n");
  expect(again.split("\n").filter((line) => !lines.includes(line))).toEqual([]);
});

test("Debian's tools accept the packages; settings are configuration files, and the folder's name stands nowhere", () => {
  for (const architecture of ["amd64", "arm64"]) {
    const file = `rhythmx-edge_${version}_${architecture}.deb`;
    expect(run("dpkg-deb", "--field", file, "Package", "Version", "Architecture").split("\n")).toEqual([
      "Package: rhythmx-edge",
      `Version: ${version}`,
      `Architecture: ${architecture}`,
      "",
    ]);
    const listed = run("dpkg-deb", "--contents", file).split("\n");
    for (const path of ["usr/bin/rhythmx", "usr/lib/systemd/system/rhythmx.service", "etc/ufw/applications.d/rhythmx"])
      expect(listed.filter((line) => line.endsWith(` ./${path}`))).toHaveLength(1);
    expect(listed.filter((line) => line !== "" && !line.includes(" root/root "))).toEqual([]);
    expect(run("dpkg-deb", "--info", file, "conffiles")).toBe("/etc/ufw/applications.d/rhythmx\n");
    const copied = join(folder, architecture);
    run("dpkg-deb", "--raw-extract", file, copied);
    for (const script of ["preinst", "postinst", "prerm", "postrm"]) run("sh", "-n", join(copied, "DEBIAN", script));
    execFileSync("md5sum", ["--quiet", "-c", "DEBIAN/md5sums"], { cwd: copied });
    expect(spawnSync("grep", ["-rlaF", root, copied]).stdout.toString()).toBe("");
  }
});

// Debian's judge of packages takes a minute and a hundred packages of its own: it is asked where it is, and by people.
if (existsSync("/usr/bin/lintian") && process.env.CI === undefined)
  test("lintian has nothing to say beyond what the overrides explain", () => {
    for (const architecture of ["amd64", "arm64"])
      expect(
        run("lintian", "--allow-root", "--tag-display-limit", "0", `rhythmx-edge_${version}_${architecture}.deb`),
      ).toBe("");
  });

test("the ARM packages hold a program for ARM, which runs", () => {
  const program = join(folder, "arm64/usr/bin/rhythmx");
  // e_machine of an ELF file: EM_AARCH64.
  expect(readFileSync(program).readUInt16LE(18)).toBe(183);
  const printed = run("qemu-aarch64-static", "-L", "/usr/aarch64-linux-gnu", program, "version");
  expect(printed).toContain(`rhythmx ${version}\n`);
  expect(printed).toContain("linux-arm64");
  const bundle = `rhythmx-edge-${version}-linux-arm64`;
  run("tar", "-xzf", `${bundle}.tar.gz`, "-C", folder);
  expect(readFileSync(join(folder, bundle, "rhythmx")).equals(readFileSync(program))).toBe(true);
});

test("a library that the machine lacks is named, with the package that has it", () => {
  const [place, from] = [join(folder, "bare/lib"), "/usr/aarch64-linux-gnu/lib"];
  mkdirSync(place, { recursive: true });
  for (const name of readdirSync(from))
    if (!name.startsWith("libgcc_s")) symlinkSync(join(from, name), join(place, name));
  const program = join(folder, "arm64/usr/bin/rhythmx");
  const { status, stderr } = spawnSync("qemu-aarch64-static", ["-L", join(folder, "bare"), program, "version"]);
  expect(status).not.toBe(0);
  expect(stderr.toString()).toContain("needs libgcc_s.so.1, which is not on this machine");
});

test("the bill of materials is of what the bundler put in", async () => {
  for (const target of ["linux-x64", "linux-arm64"]) {
    const text = readFileSync(join(made, `rhythmx-edge-${version}-${target}.cdx.json`), "utf8");
    expect(await new Validation.JsonStrictValidator(Spec.Version.v1dot6).validate(text)).toBeNull();
    const bill = JSON.parse(text);
    const binary = run("sha256sum", `rhythmx-${target}`).split(" ")[0];
    expect(bill.metadata.component.hashes).toEqual([{ alg: "SHA-256", content: binary }]);
    const refs: string[] = bill.components.map((part: { "bom-ref": string }) => part["bom-ref"]);
    // Not among the product's own dependencies: what these need.
    for (const found of ["pkg:npm/js-base64@", "pkg:npm/ufo@", "pkg:cargo/tokio@", "pkg:cargo/libsql@"])
      expect(refs.some((ref) => ref.startsWith(found))).toBe(true);
    expect(refs.some((ref) => ref.startsWith("pkg:npm/playwright-core@"))).toBe(false);
  }
});
