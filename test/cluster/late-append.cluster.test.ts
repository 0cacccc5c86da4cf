/** A batch that etcd takes after the leader has given up waiting: whoever repeats it adds nothing, and it goes out all the same. */
import { afterAll, describe, expect, test } from "bun:test";
import { detection, until } from "../harness/appliance.ts";
import { TestNode } from "../harness/cluster.ts";
import { Etcd, etcdInstalled } from "../harness/etcd.ts";
import { SyslogReceiver } from "../harness/syslog-receiver.ts";

const cleanUp: (() => unknown)[] = [];

describe.skipIf(!etcdInstalled())("a batch that etcd has taken late", () => {
  afterAll(async () => {
    for (const one of cleanUp.splice(0).reverse()) await one();
  });

  test("is sent without another one that would follow it", async () => {
    const etcd = await Etcd.start();
    cleanUp.push(() => etcd.stop());
    const receiver = await SyslogReceiver.started();
    cleanUp.push(() => receiver.stop());
    const config = { syslog: { name: "siem", protocol: "tcp", host: "127.0.0.1", port: receiver.port } };
    const node = await TestNode.prepare(etcd, "edge1", { config });
    cleanUp.push(() => node.dispose());
    await node.add();
    await node.start();
    await until(() => node.leads());
    const made = await node.appliance?.operations.createKey({
      ...{ name: "t", scopes: ["ingest" as const], entities: [], expiresInDays: null },
    });
    const send = (host: string) =>
      node.ask("/api/v1/ingest/detections", {
        method: "POST",
        body: JSON.stringify(detection({ id: host, host })),
        headers: {
          ...{ "X-API-Key": made?.key ?? "", "Content-Type": "application/x-ndjson" },
          "Idempotency-Key": `of-${host}`,
        },
      });
    const arrived = (host: string) => receiver.messages.filter((message) => message.includes(host)).length;
    expect((await send("before")).status).toBe(200);
    await until(() => arrived("before") === 1);
    await etcd.signal(0, "SIGSTOP");
    cleanUp.push(() => etcd.signal(0, "SIGCONT"));
    expect((await send("late")).status).toBe(503);
    await etcd.signal(0, "SIGCONT");
    let answer = await send("late");
    await until(async () => {
      if (answer.status !== 200) answer = await send("late");
      return answer.status === 200;
    });
    // The first attempt had arrived.
    expect(answer.body).toMatchObject({ accepted: 1 });
    await until(() => arrived("late") === 1);
  });
});
