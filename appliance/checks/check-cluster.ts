/** Whether etcd answers, and whether this machine belongs to its cluster. */
import { messageOf } from "../../core/errors.ts";
import type { Settings } from "../../core/settings.ts";
import { EtcdClient } from "../../store/replica/etcd/client.ts";
import { etcdOptions, isClustered, nodeAddress, nodeName, withDirectory } from "../cluster/connection.ts";
import { viewCluster } from "../cluster/members.ts";
import type { Finding } from "./finding.ts";

const deadlineMs = 3_000;

export async function checkCluster(settings: Settings): Promise<Finding[]> {
  if (!isClustered(settings)) return [];
  const name = nodeName(settings.cluster);
  const findings: Finding[] = [];
  try {
    findings.push(...(await checkEndpoints(settings)));
    const { nodes, leader, id } = await withDirectory(settings, viewCluster);
    const own = nodes.find((node) => node.name === name);
    if (own?.member !== true)
      findings.push({
        level: "problem",
        line: `cluster: this node, ${name}, does not belong to it: run \`rhythmx cluster add ${name}\`${id === null ? ", which begins it" : ""}`,
      });
    else {
      const of = leader === null ? "nobody leads" : `${leader.node} leads (${leader.address})`;
      findings.push({ level: leader === null ? "warning" : "ok", line: `cluster: ${of}; this node is ${name}` });
      const address = nodeAddress(settings);
      if (nodes.some((node) => node.name !== name && node.member && node.address === address))
        findings.push({
          level: "problem",
          line: `cluster: another node has the address ${address} too: set RHYTHMX_CLUSTER_ADDRESS`,
        });
    }
    for (const { name: other, member, fault } of nodes)
      if (member && fault !== null) findings.push({ level: "warning", line: `cluster: ${other}: ${fault}` });
    const members = nodes.filter(({ member }) => member);
    if (settings.cluster.endpoints.length < 3)
      findings.push({
        level: "warning",
        line: `cluster: etcd has ${settings.cluster.endpoints.length} of its addresses in RHYTHMX_CLUSTER: with fewer than three machines none may fail`,
      });
    if (members.length === 1)
      findings.push({ level: "warning", line: "cluster: it has one node: nobody can take over from it" });
  } catch (error) {
    findings.push({ level: "problem", line: `cluster: ${messageOf(error)}` });
  }
  return findings;
}

async function checkEndpoints(settings: Settings): Promise<Finding[]> {
  const client = new EtcdClient(etcdOptions(settings.cluster));
  try {
    return await Promise.all(
      client.endpoints.map(async (endpoint): Promise<Finding> => {
        try {
          const status = await client.askOf<{ version?: string; leader?: string; errors?: unknown }>(
            endpoint,
            "/v3/maintenance/status",
            {},
            deadlineMs,
          );
          if (status.leader === undefined || status.leader === "0")
            return { level: "warning", line: `etcd: ${endpoint} has no leader: too few of its machines run` };
          if (/NOSPACE/.test(JSON.stringify(status.errors ?? "")))
            return {
              level: "problem",
              line: `etcd: ${endpoint} has reached its quota and takes nothing more: docs/cluster.md says how to free it`,
            };
          return { level: "ok", line: `etcd: ${endpoint}, ${status.version ?? "of an unknown version"}` };
        } catch (error) {
          return { level: "warning", line: `etcd: ${messageOf(error)}` };
        }
      }),
    );
  } finally {
    client.close();
  }
}
