/** rhythmx-edge_VERSION_ARCH.deb, written without Debian's tools, so that every machine makes the same bytes. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import manifest from "../../../package.json" with { type: "json" };
import { ar, bytesOf, gzip, type PackedFile, tar } from "../archives/archive.ts";
import type { Source } from "../source.ts";

export const packageName = "rhythmx-edge";
const maintainer = "RhythmX Edge developers <rhythmx-edge@packages.invalid>";
const documents = `usr/share/doc/${packageName}`;

const read = (name: string): string => readFileSync(join(import.meta.dirname, name), "utf8");

export interface DebianContents {
  architecture: "amd64" | "arm64";
  binary: Uint8Array;
  /** The unit, with the program in /usr/bin. */
  unit: string;
  notices: string;
  sbom: string;
  /** By name. */
  documents: readonly PackedFile[];
  /** Completions and manual pages, by their paths below usr. */
  shared: readonly PackedFile[];
}

/** As Debian asks of documents: gzip at its best. */
const small = (content: Uint8Array | string): Uint8Array => gzipSync(bytesOf(content), { level: 9 });

/** The files that the package puts into the system. */
function packagedFiles(contents: DebianContents, source: Source): PackedFile[] {
  return [
    { path: "usr/bin/rhythmx", mode: 0o755, content: contents.binary },
    { path: "usr/lib/systemd/system/rhythmx.service", content: contents.unit },
    { path: "usr/lib/sysusers.d/rhythmx.conf", content: read("sysusers.conf") },
    { path: "usr/lib/tmpfiles.d/rhythmx.conf", content: read("tmpfiles.conf") },
    { path: "etc/ufw/applications.d/rhythmx", content: read("ufw-profile") },
    { path: `usr/share/lintian/overrides/${packageName}`, content: read("lintian-overrides") },
    { path: `${documents}/copyright`, content: copyright(source) },
    { path: `${documents}/changelog.gz`, content: small(changelog(source)) },
    { path: `${documents}/THIRD-PARTY-NOTICES.gz`, content: small(contents.notices) },
    { path: `${documents}/sbom.cdx.json.gz`, content: small(contents.sbom) },
    ...contents.documents.map(({ path, content }) => ({ path: `${documents}/${path}`, content })),
    ...contents.shared.map(({ path, content }) => ({ path: `usr/${path}`, content })),
  ].sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** The bytes of the package. */
export async function debianPackage(contents: DebianContents, source: Source): Promise<Uint8Array> {
  const files = packagedFiles(contents, source);
  const control: PackedFile[] = [
    { path: "control", content: controlFile(contents.architecture, files) },
    {
      path: "md5sums",
      content: files
        .filter(({ path }) => !path.startsWith("etc/"))
        .map(md5Line)
        .join(""),
    },
    {
      path: "conffiles",
      content: files
        .filter(({ path }) => path.startsWith("etc/"))
        .map(({ path }) => `/${path}\n`)
        .join(""),
    },
    ...["preinst", "postinst", "prerm", "postrm"].map((name) => ({ path: name, mode: 0o755, content: read(name) })),
  ];
  const { time } = source;
  return ar(
    [
      { name: "debian-binary", content: bytesOf("2.0\n") },
      { name: "control.tar.gz", content: gzip(await tar(control, { root: "./", time })) },
      {
        name: "data.tar.gz",
        content: gzip(await tar(files, { root: "./", time, folders: { "etc/rhythmx/": 0o755 } })),
      },
    ],
    time,
  );
}

const md5Line = ({ path, content }: PackedFile): string =>
  `${createHash("md5").update(bytesOf(content)).digest("hex")}  ${path}\n`;

function controlFile(architecture: string, files: readonly PackedFile[]): string {
  const kibibytes = files.reduce((sum, { content }) => sum + Math.ceil(bytesOf(content).length / 1024), 0);
  return `Package: ${packageName}
Version: ${manifest.version}
Architecture: ${architecture}
Maintainer: ${maintainer}
Installed-Size: ${kibibytes}
Depends: libc6 (>= 2.18), libgcc-s1 | libgcc1
Suggests: ufw
Section: admin
Priority: optional
Description: carries security detections to the people who act on them
 Hits of Sigma rules come in over HTTP or from files; equal ones become one
 alert with a count. Alerts go to SIEMs as syslog, what concerns one user or
 host becomes an incident with a risk score, and incidents become tickets in
 Jira and ServiceNow. One process, one database file, no network needed but to
 these systems.
`;
}

function changelog({ commit, time }: Source): string {
  const date = new Date(time * 1000).toUTCString().replace("GMT", "+0000");
  return `${packageName} (${manifest.version}) stable; urgency=medium

  * Of commit ${commit}. What changed is in CHANGELOG.md beside this file.

 -- ${maintainer}  ${date}
`;
}

function copyright({ time }: Source): string {
  return `Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: RhythmX Edge
Comment: The program contains work of others under other licences. Each is
 named with its licence in THIRD-PARTY-NOTICES.gz beside this file, and in
 sbom.cdx.json.gz.

Files: *
Copyright: ${new Date(time * 1000).getUTCFullYear()} the authors of RhythmX Edge
License: ${manifest.license}
 On Debian systems the text of this licence is in
 /usr/share/common-licenses/Apache-2.0.
`;
}
