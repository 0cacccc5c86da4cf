/** What a backup says about itself: the first file of its archive. */
import * as v from "valibot";
import { EdgeError } from "../../core/errors.ts";

/** The form of the archive; a later one is refused. */
export const archiveFormat = 1;
export const manifestName = "manifest.json";
export const databaseName = "rhythmx.db";
/** The files of the configuration folder that a backup holds, each under `config/`. */
export const configNames = [
  "config.json",
  "incident_syslog_config.json",
  "case_patterns.json",
  "floors.json",
  "assets.json",
  ".env.production",
] as const;
/** A larger file of the configuration folder is no configuration. */
export const largestConfigBytes = 16 * 1024 * 1024;
export const largestManifestBytes = 1024 * 1024;

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const digest = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));

const manifestForm = v.object({
  product: v.literal("rhythmx-edge"),
  format: count,
  /** Of the program that made it. */
  version: v.string(),
  commit: v.string(),
  /** ISO 8601, UTC. */
  created_at: v.pipe(v.string(), v.regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z$/)),
  host: v.string(),
  /** The schema of the database. */
  schema: count,
  /** How many rows the tables hold that people count by, and the number of the newest event. */
  counts: v.record(v.string(), count),
  /** Whether secrets are saved in the database, which only the master key opens. */
  sealed_secrets: count,
  files: v.array(
    v.object({
      name: v.picklist([databaseName, ...configNames.map((name) => `config/${name}` as const)]),
      bytes: count,
      sha256: digest,
    }),
  ),
  /** Settings of `.env.production` whose values were left out. */
  left_out: v.array(v.string()),
});

export type Manifest = v.InferOutput<typeof manifestForm>;

/** @throws EdgeError backup_damaged, backup_newer */
export function readManifest(text: string, path: string): Manifest {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw foreign(path, cause);
  }
  const head = v.safeParse(v.object({ product: v.literal("rhythmx-edge"), format: count, version: v.string() }), value);
  if (!head.success) throw foreign(path);
  if (head.output.format > archiveFormat)
    throw new EdgeError(
      "backup_newer",
      `${path} was made by version ${head.output.version.slice(0, 40)}, in a form that this version does not know: restore it with that version`,
    );
  const parsed = v.safeParse(manifestForm, value);
  if (!parsed.success || parsed.output.files[0]?.name !== databaseName) throw foreign(path);
  const names = parsed.output.files.map(({ name }) => name);
  if (new Set(names).size < names.length) throw foreign(path);
  return parsed.output;
}

function foreign(path: string, cause?: unknown): EdgeError {
  return new EdgeError(
    "backup_damaged",
    `${path} is no backup of RhythmX Edge: what it says about itself cannot be read. Nothing was changed; use another backup`,
    cause === undefined ? {} : { cause },
  );
}
