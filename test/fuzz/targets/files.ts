/** Files that people give: certificates and keys, backups. */
import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { checkPair } from "../../../appliance/certificate/check-pair.ts";
import { normalPem, placeOfKey, readTlsFile, tlsFileKinds } from "../../../appliance/feeds/tls-files.ts";
import { EdgeError } from "../../../core/errors.ts";
import { readArchive } from "../../../store/backup/archive.ts";
import { archiveFormat, readManifest } from "../../../store/backup/manifest.ts";
import { removeFile, unpack } from "../../../store/backup/unpack.ts";
import { assertKnown, assertPlain, assertWords, errorOf, holds, type Target, textOf } from "../target.ts";

const tls = (name: string) => readFileSync(join(import.meta.dirname, "../../data/tls", name), "utf8");
const now = Date.UTC(2026, 10, 1);
/** The certificate and its key in one input, as two fields of a form. */
const between = "\u0001\n";

/** The inside of every block that is a private key: no message may repeat it. */
function secretsOf(text: string): string[] {
  return [...text.matchAll(/PRIVATE KEY-----\s+([A-Za-z0-9+/=]{20,})/g)].map(([, line = ""]) => line.slice(0, 20));
}

async function attemptCertificate(text: string): Promise<void> {
  const secrets = secretsOf(text);
  const assertSecret = (words: string) => {
    assertWords(words);
    holds(!secrets.some((one) => words.includes(one)), "a part of a key in a text for people");
  };
  for (const kind of tlsFileKinds) {
    const read = readTlsFile(kind, normalPem(text));
    assertPlain(read);
    if ("problem" in read) assertSecret(read.problem);
    else {
      holds(
        (read.key !== null) === (kind === "key_file"),
        "a key in the place of a certificate, or the other way round",
      );
      holds(kind === "key_file" || /-----BEGIN (?:TRUSTED )?CERTIFICATE-----/.test(text), "a certificate that is none");
      assertSecret(JSON.stringify(read.certificates.map(({ subject }) => subject)).slice(0, 1_500));
    }
  }
  const [cert = "", key = ""] = text.split(between);
  const place = placeOfKey(cert, key);
  holds(place === null || (Number.isInteger(place) && place >= -1), "neither fits nor not");
  let pair: ReturnType<typeof checkPair> | null = null;
  const error = await errorOf(() => {
    pair = checkPair({ cert, key }, now);
  });
  if (error !== null) {
    assertKnown(error, EdgeError, ["certificate_refused"]);
    return assertSecret(error.message);
  }
  holds(
    placeOfKey((pair as unknown as { cert: string }).cert, (pair as unknown as { key: string }).key) === 0,
    "a pair that does not fit",
  );
}

const folder = mkdtempSync(join(tmpdir(), "rhythmx-fuzz-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
const file = join(folder, "backup.tar.gz");

function tar(members: readonly (readonly [name: string, content: string | Uint8Array])[]): Uint8Array {
  const blocks = members.flatMap(([name, content]) => {
    const header = Buffer.alloc(512);
    header.write(name, 0, "latin1");
    header.write("0000600\0", 100, "latin1");
    header.write("0000000\0", 108, "latin1");
    header.write("0000000\0", 116, "latin1");
    header.write(`${content.length.toString(8).padStart(11, "0")}\0`, 124, "latin1");
    header.write("00000000000\0        0", 136, "latin1");
    header.write("ustar\x0000", 257, "latin1");
    header.write(
      `${header
        .reduce((sum, byte) => sum + byte, 0)
        .toString(8)
        .padStart(6, "0")}\0 `,
      148,
      "latin1",
    );
    const padding = Buffer.alloc((512 - (content.length % 512)) % 512);
    return [header, Buffer.from(content as string), padding];
  });
  return Uint8Array.from(Buffer.concat([...blocks, Buffer.alloc(1024)]));
}

/** As a tar that is packed here, and as a file that is no tar at all. */
async function attemptArchive(input: Uint8Array): Promise<void> {
  const isPacked = input[0] === 0x1f && input[1] === 0x8b;
  writeFileSync(file, isPacked ? input : gzipSync(input, { level: 1 }));
  let members = 0;
  let open: { size: number } | null = null;
  let content = 0;
  let total = 0;
  const error = await errorOf(() =>
    readArchive(file, {
      begin(member) {
        holds(open === null, "a file within a file");
        holds(Number.isSafeInteger(member.size) && member.size >= 0, "a size that is none");
        open = member;
        members++;
        content = 0;
      },
      content(bytes) {
        content += bytes.length;
        total += bytes.length;
      },
      end() {
        holds(open !== null && content === open.size, "another size than was announced");
        open = null;
      },
    }),
  );
  if (error !== null) assertKnown(error, EdgeError, ["backup_damaged", "backup_unreadable"]);
  else holds(open === null, "an archive that ends within a file");
  const most = isPacked ? input.length * 1_100 : input.length;
  holds(total <= most && members * 512 <= most, "more content than there is");
}

const refusals = ["backup_damaged", "backup_newer", "backup_unreadable", "store_corrupt", "store_newer", "store_full"];
const restored = mkdtempSync(join(folder, "restore-"));

/** A database as it is, and in an archive whose checksums fit: what is restored is looked at, and nothing lies anywhere else afterwards. */
async function attemptRestore(database: Uint8Array): Promise<void> {
  const sha256 = createHash("sha256").update(database).digest("hex");
  const said = { ...JSON.parse(manifest), counts: {}, files: [{ name: "rhythmx.db", bytes: database.length, sha256 }] };
  const packed = gzipSync(
    tar([
      ["manifest.json", JSON.stringify(said)],
      ["rhythmx.db", database],
    ]),
    { level: 1 },
  );
  for (const content of [database, packed]) {
    const source = join(restored, "source");
    const target = join(restored, "rhythmx.db.restoring");
    writeFileSync(source, content);
    let found: Awaited<ReturnType<typeof unpack>> | null = null;
    const error = await errorOf(async () => {
      found = await unpack(source, target);
    });
    for (const name of readdirSync(restored))
      holds(name === "source" || name.startsWith("rhythmx.db.restoring"), "a file that is none of the restore");
    removeFile(target);
    if (error !== null) {
      assertKnown(error, EdgeError, refusals);
      continue;
    }
    assertPlain(found);
    const { schema, counts } = found as unknown as Awaited<ReturnType<typeof unpack>>;
    holds(Number.isInteger(schema) && schema >= 1, "a schema that is none");
    holds(
      Object.values(counts).every((n) => Number.isInteger(n) && n >= 0),
      "a count that is none",
    );
  }
}

async function attemptManifest(text: string): Promise<void> {
  let manifest: ReturnType<typeof readManifest> | null = null;
  const error = await errorOf(() => {
    manifest = readManifest(text, "backup.tar.gz");
  });
  if (error !== null) return assertKnown(error, EdgeError, ["backup_damaged", "backup_newer"]);
  assertPlain(manifest);
  const { format, files } = manifest as unknown as ReturnType<typeof readManifest>;
  holds(format <= archiveFormat, "the form of a later version");
  for (const { name } of files)
    holds(/^(?:rhythmx\.db|config\/[\w.]+)$/.test(name) && !name.includes(".."), "a file that has no place");
}

const manifest = JSON.stringify({
  product: "rhythmx-edge",
  format: 1,
  version: "0.1.0",
  commit: "abc",
  created_at: "2026-11-01T00:00:00Z",
  host: "edge",
  schema: 16,
  counts: { alerts: 3, __proto: 1 },
  sealed_secrets: 0,
  files: [
    { name: "rhythmx.db", bytes: 4096, sha256: "0".repeat(64) },
    { name: "config/config.json", bytes: 2, sha256: "1".repeat(64) },
  ],
  left_out: ["JIRA_API_TOKEN"],
});
const oldDatabase = Uint8Array.from(
  gunzipSync(readFileSync(join(import.meta.dirname, "../../data/databases/schema-1.db.gz"))),
);
/** With bytes between two pages: what SQLite says of it has several lines. */
const shifted = Buffer.concat([oldDatabase.subarray(0, 12 * 4_096), Buffer.alloc(4), oldDatabase.subarray(12 * 4_096)]);

const archive = tar([
  ["manifest.json", manifest],
  ["rhythmx.db", "x".repeat(700)],
  ["config/config.json", ""],
]);

export const fileTargets: readonly Target[] = [
  {
    name: "certificates",
    samples: [
      `${tls("server.pem")}${between}${tls("server.key")}`,
      `${tls("server.pem")}${tls("ca.pem")}${between}${tls("server.key")}`,
      `${tls("expired.pem")}${between}${tls("expired.key")}`,
      `${tls("client.pem")}${between}${tls("client.key")}`,
    ],
    words: [
      "-----BEGIN CERTIFICATE-----",
      "-----END CERTIFICATE-----",
      "-----BEGIN PRIVATE KEY-----",
      "-----BEGIN ENCRYPTED PRIVATE KEY-----",
      "-----BEGIN ",
      "TRUSTED ",
      between,
      "MII",
    ],
    attempt: (input) => attemptCertificate(textOf(input)),
  },
  {
    name: "backups",
    samples: [
      archive,
      Uint8Array.from(gzipSync(archive)),
      Uint8Array.from(gunzipSync(gzipSync(archive)).subarray(0, 900)),
    ],
    words: ["ustar", "00000000000\0", "77777777777\0", "\u0080\0\0\0\0\0\0\0", "../../etc/passwd", "/", "L", "5"],
    attempt: attemptArchive,
  },
  {
    name: "restores",
    samples: [oldDatabase, Uint8Array.from(shifted), oldDatabase.subarray(0, 8_192), "SQLite format 3\0"],
    words: ["SQLite format 3\0", "CREATE TABLE", "\0\0\u0010\0", "\u007f\u00ff\u00ff\u00ff"],
    attempt: attemptRestore,
  },
  {
    name: "backup-manifest",
    samples: [manifest],
    words: ['"files"', '"config/../x"', '"format"', '"config/.env.production"'],
    attempt: (input) => attemptManifest(textOf(input)),
  },
];
