/** How a node reaches its cluster's etcd, from the settings. */
import { hostname } from "node:os";
import { EdgeError, messageOf } from "../../core/errors.ts";
import { isLoopback } from "../../core/settings/forms.ts";
import type { ClusterSettings, Settings } from "../../core/settings.ts";
import { EtcdClient, type EtcdOptions } from "../../store/replica/etcd/client.ts";
import { Directory } from "../../store/replica/etcd/directory.ts";
import { readRegularFile } from "../runtime/regular-file.ts";

/** True where the settings make this machine a node of a cluster. */
export function isClustered({ cluster }: Settings): boolean {
  return cluster.endpoints.length > 0;
}

/** This node's name. */
export function nodeName({ node }: ClusterSettings): string {
  return (
    node ??
    hostname()
      .split(".")[0]
      ?.toLowerCase()
      .replace(/[^a-z0-9-]/g, "-") ??
    "node"
  );
}

/** Where clients and other nodes reach this one. */
export function nodeAddress({ cluster, listen }: Settings): string {
  if (cluster.address !== null) return cluster.address;
  const local = isLoopback(listen.host);
  return `${local ? "http" : "https"}://${local ? listen.host : hostname()}:${listen.port}`;
}

/** @throws EdgeError cluster_file, with the file */
export function etcdOptions({ endpoints, caFile, certFile, keyFile, prefix }: ClusterSettings): EtcdOptions {
  const read = (file: string | null) => (file === null ? null : readPem(file));
  return { endpoints, prefix, tls: { ca: read(caFile), cert: read(certFile), key: read(keyFile) } };
}

/** Runs work with the cluster's directory. @throws EdgeError cluster_unreachable, cluster_file */
export async function withDirectory<T>(settings: Settings, work: (directory: Directory) => Promise<T>): Promise<T> {
  const directory = new Directory(new EtcdClient(etcdOptions(settings.cluster)));
  try {
    return await work(directory);
  } catch (error) {
    if (error instanceof EdgeError) throw error;
    throw new EdgeError(
      "cluster_unreachable",
      `the cluster cannot be reached (${messageOf(error)}): check RHYTHMX_CLUSTER and that etcd runs on most of its machines`,
      { cause: error },
    );
  } finally {
    directory.close();
  }
}

function readPem(file: string): string {
  try {
    return readRegularFile(file).toString("utf8");
  } catch (cause) {
    const message = `${file} cannot be read (${messageOf(cause)}): check path, owner and mode`;
    throw new EdgeError("cluster_file", message, { cause });
  }
}
