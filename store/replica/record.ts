/**
 * A record of the log: what one commit wrote, in a form that can be applied to another file with the same content before.
 * One byte for the version, then JSON compressed with zstd.
 */
import { createHash } from "node:crypto";
import * as zlib from "node:zlib";
import type { Batch } from "../database/replication.ts";

const version = 1;
/** The fastest: it halves nothing more at twice the time on statements with their values. */
const level = 1;

export interface ReplicaRecord {
  readonly seq: number;
  /** Grows by one with every leader. */
  readonly epoch: number;
  /** Name of the node that wrote it. */
  readonly node: string;
  /** The chain over all records before. */
  readonly before: string;
  /** Empty statements: a leader has begun. */
  readonly batch: Batch;
  /** Rows that each statement affected; none for a script. Where a follower counts others its content is not the leader's. */
  readonly counts: readonly number[];
}

/** Written by a version of the program that does not exist yet. */
export class RecordTooNew extends Error {
  constructor(found: number) {
    super(
      `a record of the log has form ${found}, this program reads ${version}: install the version that the leader runs`,
    );
    this.name = "RecordTooNew";
  }
}

export function encodeRecord({ seq, epoch, node, before, batch, counts }: ReplicaRecord): Uint8Array {
  const json = JSON.stringify({ seq, epoch, node, before, counts, ...batch });
  const { zstdCompressSync, constants } = withZstd();
  const compressed = zstdCompressSync(json, { params: { [constants.ZSTD_c_compressionLevel]: level } });
  return Buffer.concat([Buffer.of(version), compressed]);
}

/** @throws RecordTooNew; Error: it is damaged */
export function decodeRecord(bytes: Uint8Array): ReplicaRecord {
  if (bytes[0] !== version) throw new RecordTooNew(bytes[0] ?? 0);
  const { seq, epoch, node, before, counts, ...batch } = JSON.parse(
    withZstd().zstdDecompressSync(bytes.subarray(1)).toString("utf8"),
  ) as Omit<ReplicaRecord, "batch"> & Batch;
  return { seq, epoch, node, before, batch, counts };
}

/** Node has zstd from version 22.15 on; only a node of a cluster asks for it. */
function withZstd(): typeof zlib {
  if (zlib.zstdCompressSync === undefined)
    throw new Error(`a cluster needs zstd, which ${process.version} of Node does not have: run 22.15 or newer`);
  return zlib;
}

/** The chain over a record and all before it: 32 hex digits of SHA-256. */
export function chainAfter(before: string, bytes: Uint8Array): string {
  return createHash("sha256").update(before).update("\n").update(bytes).digest("hex").slice(0, 32);
}
