/** etcd that takes clients with a certificate alone: a node shows its own, and checks etcd's. */
import { afterEach, describe, expect, test } from "bun:test";
import { detection, until } from "../harness/appliance.ts";
import { TestNode } from "../harness/cluster.ts";
import { command } from "../harness/command.ts";
import { Etcd, etcdInstalled } from "../harness/etcd.ts";
import { certificateFile } from "../harness/test-certificates.ts";

const right = {
  RHYTHMX_CLUSTER_CA_FILE: certificateFile("ca.pem"),
  RHYTHMX_CLUSTER_CERT_FILE: certificateFile("client.pem"),
  RHYTHMX_CLUSTER_KEY_FILE: certificateFile("client.key"),
};

const cleanUp: (() => Promise<void>)[] = [];

async function started(env: Record<string, string>): Promise<TestNode> {
  const etcd = await Etcd.start(1, { tls: true });
  cleanUp.push(() => etcd.stop());
  const node = await TestNode.prepare(etcd, "edge1", { env });
  cleanUp.push(() => node.dispose());
  return node;
}

describe.skipIf(!etcdInstalled())("mutual TLS to etcd", () => {
  afterEach(async () => {
    for (const one of cleanUp.splice(0).reverse()) await one();
  });

  test("a node with a certificate of etcd's authority leads, and commands reach it", async () => {
    const node = await started(right);
    await node.add();
    await node.start();
    await until(() => node.leads());
    const key = await node.appliance?.operations.createKey({
      name: "t",
      scopes: ["ingest"],
      entities: [],
      expiresInDays: null,
    });
    const answer = await node.ask("/api/v1/ingest/detections", {
      method: "POST",
      body: JSON.stringify(detection({ id: "a" })),
      headers: { "X-API-Key": key?.key ?? "", "Content-Type": "application/x-ndjson" },
    });
    expect(answer.body).toMatchObject({ accepted: 1 });
    const shown = await command(["cluster"], { dataDir: node.folder, env: node.env });
    expect(shown.out).toContain("edge1");
    expect(shown.out).toContain("leader");
  });

  test("one without a certificate is refused, and says what of", async () => {
    const node = await started({ RHYTHMX_CLUSTER_CA_FILE: right.RHYTHMX_CLUSTER_CA_FILE });
    await node.start();
    const told = () => node.logLines.find((line) => line.includes("cluster_quorum"));
    await until(() => told() !== undefined);
    expect(told()).toMatch(/etcd has not answered yet: etcd does not answer: .*certificate/i);
    const shown = await command(["cluster"], { dataDir: node.folder, env: node.env });
    expect(shown).toMatchObject({ code: 1, err: expect.stringContaining("the cluster cannot be reached") });
  });

  test("an etcd of another authority is not trusted", async () => {
    const node = await started({ ...right, RHYTHMX_CLUSTER_CA_FILE: certificateFile("other-ca.pem") });
    const shown = await command(["cluster"], { dataDir: node.folder, env: node.env });
    expect(shown).toMatchObject({ code: 1, err: expect.stringMatching(/certificate|issuer|verify/i) });
    await node.start();
    await until(() => node.logLines.some((line) => /etcd has not answered yet: .*certificate/.test(line)));
    expect(await node.ready()).toBe(0);
  });
});
