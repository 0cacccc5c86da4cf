/** What else the API port answers, and how it treats slow, broken and oversized clients. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { connect, type Socket } from "node:net";
import { detection, TestAppliance, until } from "../harness/appliance.ts";
import { SyslogReceiver } from "../harness/syslog-receiver.ts";

const path = "/api/v1/ingest/detections";

let receiver: SyslogReceiver;
let appliance: TestAppliance;
beforeAll(async () => {
  receiver = await SyslogReceiver.started();
  const syslog = { name: "siem", protocol: "tcp", host: "127.0.0.1", port: receiver.port };
  appliance = await TestAppliance.start({ config: { syslog } });
});
afterAll(async () => {
  await appliance.dispose();
  await receiver.stop();
});

const get = (where: string, init: RequestInit = {}) => fetch(appliance.appliance.apiUrl + where, init);

async function metric(name: string): Promise<number> {
  const text = await (await get("/metrics")).text();
  const line = text.split("\n").find((candidate) => candidate.startsWith(`${name} `));
  return Number(line?.slice(name.length + 1) ?? Number.NaN);
}

describe("answers", () => {
  test.each(["GET", "PUT", "DELETE", "PATCH", "OPTIONS"])(
    "%s on an ingest endpoint is 405 with Allow",
    async (method) => {
      for (const kind of ["detections", "alarms"]) {
        const response = await get(`/api/v1/ingest/${kind}`, { method });
        expect(response.status).toBe(405);
        expect(response.headers.get("allow")).toBe("POST");
        expect(response.headers.get("content-type")).toBe("application/problem+json");
        expect(await response.json()).toMatchObject({ title: "Method Not Allowed", status: 405 });
      }
    },
  );

  test.each(["/api", "/api/v1/ingest", "/api/v1/ingest/other", "/..%2f..%2fetc/passwd", "/%ff%zz", "/a?b=<script>"])(
    "%s is 404 and does not repeat what was asked",
    async (where) => {
      for (const method of ["GET", "POST"]) {
        const response = await get(where, { method });
        expect(response.status).toBe(404);
        expect(response.headers.get("content-type")).toBe("application/problem+json");
        expect(await response.text()).toBe(
          '{"type":"about:blank","title":"Not Found","status":404,"detail":"there is nothing at this address"}',
        );
      }
    },
  );

  test("every answer has the security headers, and none says what runs it", async () => {
    const requests: [string, RequestInit][] = [
      ["/healthz", {}],
      ["/metrics", {}],
      ["/api/nothing", {}],
      ["/api/incidents", {}],
      ["/api/docs", {}],
      [path, {}],
      [path, { method: "POST" }],
      [path, { method: "POST", headers: { "X-API-Key": appliance.key }, body: "x" }],
      [path, { method: "POST", headers: { "X-API-Key": appliance.key }, body: JSON.stringify(detection()) }],
    ];
    for (const [where, init] of requests) {
      const { headers } = await get(where, init);
      expect(headers.get("x-content-type-options")).toBe("nosniff");
      expect(headers.get("x-frame-options")).toBe("DENY");
      const policy = headers.get("content-security-policy");
      for (const part of ["default-src", "object-src", "base-uri", "frame-ancestors"])
        expect(policy).toContain(`${part} 'none'`);
      expect(headers.get("strict-transport-security")).toBe("max-age=31536000; includeSubDomains");
      expect(headers.get("cross-origin-opener-policy")).toBe("same-origin");
      expect(headers.get("cross-origin-resource-policy")).toBe("same-origin");
      expect(headers.get("referrer-policy")).toBe("no-referrer");
      expect(headers.has("server") || headers.has("x-powered-by")).toBe(false);
    }
  });

  test("/healthz lives, /readyz is ready and has no faults", async () => {
    const health = await get("/healthz");
    expect([health.status, await health.json()]).toEqual([200, { status: "ok" }]);
    const ready = await get("/readyz");
    expect([ready.status, await ready.json()]).toEqual([200, { status: "ready", faults: [] }]);
  });

  test("/metrics from loopback needs no key and is Prometheus text", async () => {
    const response = await get("/metrics");
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
    const text = await response.text();
    for (const line of text.trimEnd().split("\n"))
      expect(line).toMatch(/^(# (HELP|TYPE) \w+ .+|\w+(\{\w+="[^"]*"(,\w+="[^"]*")*\})? -?[0-9.e+]+|)$/);
    // What only grows is a counter, so that rate() and linters take it for one.
    for (const [, name = "", type] of text.matchAll(/^# TYPE (\w+) (counter|gauge)$/gm))
      expect([name, type]).toEqual([name, name.endsWith("_total") ? "counter" : "gauge"]);
    const names = new Set(text.match(/^[a-z]\w+(?=[ {])/gm));
    for (const name of ["connected", "queued", "written_total", "resent_total", "shrunk_total", "errors_total"])
      expect(text).toMatch(new RegExp(`^rhythmx_syslog_${name}\\{feed="alerts",destination="siem"\\} \\d+$`, "m"));
    for (const name of [
      "build_info",
      "uptime_seconds",
      "event_log_end",
      "intake_pending_bytes",
      "intake_requests_total",
    ])
      expect(names).toContain(`rhythmx_${name}`);
    for (const name of ["rhythmx_events_pruned_total", "rhythmx_events_expired_total", "process_resident_memory_bytes"])
      expect(names).toContain(name);
  });

  test("counters follow what happens", async () => {
    const [accepted, refused] = [
      'rhythmx_intake_requests_total{status="200"}',
      'rhythmx_intake_requests_total{status="400"}',
    ];
    const before = {
      accepted: await metric(accepted),
      refused: (await metric(refused)) || 0,
      end: await metric("rhythmx_event_log_end"),
    };
    const written = 'rhythmx_syslog_written_total{feed="alerts",destination="siem"}';
    const writtenBefore = await metric(written);
    await appliance.ingest([
      detection({ rule_id: "counter 1", level: "low", user: "counter" }),
      detection({ rule_id: "counter 2", level: "low", user: "counter" }),
    ]);
    await appliance.ingest("rubbish");
    expect(await metric(accepted)).toBe(before.accepted + 1);
    expect(await metric(refused)).toBe(before.refused + 1);
    expect(await metric("rhythmx_event_log_end")).toBe(before.end + 2);
    await until(async () => (await metric(written)) === writtenBefore + 2);
    expect(await metric('rhythmx_syslog_queued{feed="alerts",destination="siem"}')).toBe(0);
    expect(await metric("rhythmx_intake_pending_bytes")).toBe(0);
    const unauthorized = 'rhythmx_api_requests_total{method="GET",status="401"}';
    const earlier = (await metric(unauthorized)) || 0;
    await get("/api/incidents", {});
    expect(await metric(unauthorized)).toBe(earlier + 1);
  });

  test("the health port answers GET /health and nothing else", async () => {
    const { status, body } = await appliance.health();
    expect(status).toBe(200);
    expect(body).toMatchObject({ status: "running", faults: [], destinations: [{ name: "siem", connected: true }] });
    for (const init of [{}, { method: "POST", body: "x".repeat(100_000) }]) {
      const response = await fetch(`${appliance.appliance.healthUrl}${init.method ? "/health" : "/"}`, init);
      expect(response.status).toBe(404);
    }
  });

  test("neither log nor answers hold a key", () => {
    expect(appliance.logLines.length).toBeGreaterThan(0);
    expect(appliance.logLines.join("\n")).not.toContain(appliance.key.slice(0, 12));
  });
});

describe("clients", () => {
  const line = `${JSON.stringify(detection({ rule_id: "client", level: "low", user: "client" }))}\n`;

  /** A POST written by hand: `head` is announced, the body is the caller's. */
  async function dial(length: number, extra = ""): Promise<{ socket: Socket; answer: () => string }> {
    const { hostname, port } = new URL(appliance.appliance.apiUrl);
    const socket = connect(Number(port), hostname);
    let got = "";
    socket.on("data", (part) => {
      got += part.toString();
    });
    socket.on("error", () => {});
    await new Promise((resolve) => socket.once("connect", resolve));
    socket.write(
      `POST ${path} HTTP/1.1\r\nHost: edge\r\nX-API-Key: ${appliance.key}\r\nContent-Type: application/x-ndjson\r\n` +
        `Content-Length: ${length}\r\n${extra}\r\n`,
    );
    return { socket, answer: () => got };
  }

  test("one that drips its body for 12 s is served", async () => {
    const before = await metric("rhythmx_event_log_end");
    const body = Buffer.from(line.replace("client", "dripping"));
    const { socket, answer } = await dial(body.length);
    const step = Math.ceil(body.length / 8);
    for (let at = 0; at < body.length; at += step) {
      // Once silent for longer than a server's usual idle timeout of 10 s.
      await new Promise((resolve) => setTimeout(resolve, at === 0 ? 10_600 : 200));
      socket.write(body.subarray(at, at + step));
    }
    await until(() => answer().includes("accepted"));
    expect(answer()).toStartWith("HTTP/1.1 200 ");
    expect(await metric("rhythmx_event_log_end")).toBe(before + 1);
    socket.destroy();
  });

  test("one that goes away in the middle of its body leaves nothing behind, under a key neither", async () => {
    const before = await metric("rhythmx_event_log_end");
    const body = line.repeat(100);
    for (const end of ["destroy", "resetAndDestroy", "end"] as const) {
      const { socket } = await dial(body.length, "Idempotency-Key: gone\r\n");
      socket.write(body.slice(0, line.length * 50));
      await new Promise((resolve) => setTimeout(resolve, 50));
      socket[end]();
      socket.destroy();
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(await metric("rhythmx_event_log_end")).toBe(before);
    const { status, body: answer } = await appliance.ingest(body, { headers: { "Idempotency-Key": "gone" } });
    expect({ status, accepted: answer.accepted, alerts_new: answer.alerts_new }).toEqual({
      status: 200,
      accepted: 100,
      alerts_new: 1,
    });
  });

  test("one that goes away before it has read the answer has still been heard", async () => {
    const before = await metric("rhythmx_event_log_end");
    const body = line.replace("client", "deaf");
    const { socket } = await dial(body.length);
    socket.end(body);
    socket.destroy();
    await until(async () => (await metric("rhythmx_event_log_end")) === before + 1);
  });

  test("headers and addresses beyond all measure are 431, and the next request is served", async () => {
    const big = await get(path, { method: "POST", headers: { "X-API-Key": "x".repeat(100_000) }, body: line });
    expect(big.status).toBe(431);
    expect((await get(`/${"x".repeat(100_000)}`)).status).toBe(431);
    expect((await get("/healthz")).status).toBe(200);
  });

  test("a Host that is none is 400 for programs and pages, and no defect", async () => {
    const { hostname, port } = new URL(appliance.appliance.apiUrl);
    for (const [address, host] of [
      ["/sign-in", "[::1"],
      ["/api/incidents", "[::1"],
      ["/healthz", "a]b"],
    ]) {
      const socket = connect(Number(port), hostname);
      let answer = "";
      socket.on("data", (part) => {
        answer += part.toString();
      });
      const closed = new Promise((resolve) => socket.once("close", resolve));
      socket.end(`GET ${address} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
      await closed;
      expect(answer).toStartWith("HTTP/1.1 400 Bad Request");
      expect(answer).toContain("Host and path of this request are no address");
    }
  });

  test("what is no HTTP is cut off, and the next request is served", async () => {
    const { hostname, port } = new URL(appliance.appliance.apiUrl);
    for (const rubbish of ["\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", "GET\r\n\r\n", "\0".repeat(5000)]) {
      const socket = connect(Number(port), hostname);
      socket.on("error", () => {});
      const closed = new Promise((resolve) => socket.once("close", resolve));
      socket.end(Buffer.from(rubbish, "latin1"));
      socket.resume();
      await closed;
    }
    expect((await get("/healthz")).status).toBe(200);
  });
});
