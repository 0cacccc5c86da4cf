/** Every way in which intake refuses a request as a whole: the status, a problem document, and nothing taken in. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { gzipSync } from "node:zlib";
import { makeApiKey } from "../../core/api-key.ts";
import { detection, type IngestAnswer, TestAppliance } from "../harness/appliance.ts";

const path = "/api/v1/ingest/detections";
const mebibyte = 1024 * 1024;

let appliance: TestAppliance;
beforeAll(async () => {
  appliance = await TestAppliance.start();
});
afterAll(() => appliance.dispose());

/** What RFC 9457 asks for, and nothing that helps an attacker. */
function expectProblem(answer: IngestAnswer, status: number, title: string, detail: string | RegExp): void {
  expect(answer.status).toBe(status);
  expect(answer.headers.get("content-type")).toBe("application/problem+json");
  expect(Object.keys(answer.body).filter((key) => key !== "errors")).toEqual(["type", "title", "status", "detail"]);
  expect(answer.body).toMatchObject({ type: "about:blank", title, status });
  expect(answer.body.detail).toMatch(detail);
  const text = JSON.stringify(answer.body);
  for (const leak of [appliance.key, appliance.dataDir, "node_modules", ".ts:", "    at "])
    expect(text).not.toContain(leak);
}

async function eventLogEnd(): Promise<string> {
  const text = await (await fetch(`${appliance.appliance.apiUrl}/metrics`)).text();
  return /^rhythmx_event_log_end .*$/m.exec(text)![0];
}

describe("API keys", () => {
  const unauthorized = "send a valid API key in the header X-API-Key";
  const withKey = (key: string) => appliance.ingest([detection()], { headers: { "X-API-Key": key } });

  test("none", async () => {
    const response = await fetch(appliance.appliance.apiUrl + path, { method: "POST", body: "{}" });
    const answer = { status: response.status, headers: response.headers, body: await response.json() };
    expectProblem(answer, 401, "Unauthorized", unauthorized);
    expect(response.headers.get("www-authenticate")).toBe('ApiKey realm="rhythmx", Bearer realm="rhythmx"');
  });

  test("in a query, where logs of proxies would keep it", async () => {
    const query = `?api_key=${appliance.key}&X-API-Key=${appliance.key}`;
    expectProblem(
      await appliance.ingest([detection()], { query, headers: { "X-API-Key": "" } }),
      401,
      "Unauthorized",
      unauthorized,
    );
  });

  test("two that differ: neither counts", async () => {
    const other = await appliance.makeKey(["ingest"]);
    const headers = { "X-API-Key": other.key, Authorization: `Bearer ${appliance.key}` };
    const answer = await appliance.ingest([detection()], { headers });
    expectProblem(answer, 401, "Unauthorized", "two different API keys came with this request");
  });

  test("unknown, mistyped, cut, revoked and expired ones are told alike", async () => {
    const revoked = await appliance.makeKey(["ingest"]);
    await appliance.appliance.operations.revokeKey(revoked.id);
    const expired = await appliance.makeKey(["ingest"], [], 1 / (24 * 60));
    expect((await withKey(expired.key)).status).toBe(200);
    await appliance.clock.advance(61_000);
    const last = appliance.key.at(-1) === "0" ? "1" : "0";
    const before = await eventLogEnd();
    const keys = {
      unknown: makeApiKey((count) => new Uint8Array(count).fill(7)),
      mistyped: appliance.key.slice(0, -1) + last,
      cut: appliance.key.slice(0, 20),
      revoked: revoked.key,
      expired: expired.key,
      "no key at all": "hunter2",
    };
    for (const key of Object.values(keys)) expectProblem(await withKey(key), 401, "Unauthorized", unauthorized);
    expect(await eventLogEnd()).toBe(before);
  });

  test("without the scope", async () => {
    const { key } = await appliance.makeKey(["feed:read", "metrics:read", "incident:write"]);
    expectProblem(await withKey(key), 403, "Forbidden", /no scope ingest: .*--scope ingest/);
  });
});

describe("headers", () => {
  const post = (headers: Record<string, string>) => appliance.ingest([detection()], { headers });

  test.each(["text/plain", "application/xml", "multipart/form-data; boundary=x", "application/json-seq", "nonsense"])(
    "Content-Type %s",
    async (type) => {
      const answer = await post({ "Content-Type": type });
      expectProblem(
        answer,
        415,
        "Unsupported Media Type",
        "application/x-ndjson (one record a line) or application/json",
      );
      expect(answer.body.detail).toContain(JSON.stringify(type.split(";")[0]));
    },
  );

  test.each([
    "application/json",
    "application/x-ndjson; charset=utf-8",
    "Application/JSON ; charset=UTF-8",
    "application/jsonl",
  ])("Content-Type %s is taken, and the shape of the body decides", async (type) => {
    expect((await post({ "Content-Type": type })).status).toBe(200);
  });

  test.each(["br", "deflate", "zstd", "gzip, gzip"])("Content-Encoding %s", async (encoding) => {
    expectProblem(
      await post({ "Content-Encoding": encoding }),
      415,
      "Unsupported Media Type",
      /send gzip, or no encoding/,
    );
  });

  test.each(["", "two words", "ü", "x".repeat(256)])("Idempotency-Key %j", async (key) => {
    expectProblem(
      await post({ "Idempotency-Key": key }),
      400,
      "Bad header",
      /^Idempotency-Key: 1 to 255 printable ASCII/,
    );
  });

  test("a format that is not known is named", async () => {
    const answer = await appliance.ingest([detection()], { query: "?format=sysl%22og" });
    expectProblem(answer, 400, "Unknown format", /^format "sysl\\"og": known for detections are rhythmx, /);
  });
});

describe("bodies", () => {
  const gzip = { "Content-Encoding": "gzip" };

  test("broken gzip, and gzip that was cut off", async () => {
    const whole = gzipSync(JSON.stringify(detection()));
    const flipped = Uint8Array.from(whole);
    flipped[whole.length - 6]! ^= 0xff;
    for (const body of [Buffer.from("not gzip"), whole.subarray(0, -9), flipped, new Uint8Array()])
      expectProblem(await appliance.ingest(body, { headers: gzip }), 400, "Unreadable body", "no complete gzip stream");
  });

  test("a gzip bomb of 4 GiB costs neither time nor memory", async () => {
    const bomb = Buffer.concat(Array<Buffer>(256).fill(gzipSync(Buffer.alloc(16 * mebibyte))));
    const memory = process.memoryUsage().rss;
    const answer = await appliance.ingest(bomb, { headers: gzip });
    expectProblem(answer, 413, "Batch too large", "16 MiB (decompressed) and 20,000 records");
    expect(process.memoryUsage().rss - memory).toBeLessThan(200 * mebibyte);
  });

  test.each([16 * mebibyte + 1, 40 * mebibyte])("%d bytes, announced or in chunks", async (bytes) => {
    const chunks = () =>
      new ReadableStream({
        start(controller) {
          for (let sent = 0; sent < bytes; sent += mebibyte) controller.enqueue(new Uint8Array(mebibyte));
          controller.close();
        },
      });
    for (const body of [new Uint8Array(bytes), chunks()]) {
      const headers = { "X-API-Key": appliance.key };
      const response = await fetch(appliance.appliance.apiUrl + path, { method: "POST", headers, body });
      const answer = { status: response.status, headers: response.headers, body: await response.json() };
      expectProblem(answer, 413, "Batch too large", "at most 16 MiB");
    }
  });

  test("16 MiB to the byte is taken", async () => {
    const line = JSON.stringify(detection());
    const { status, body } = await appliance.ingest(line.padEnd(16 * mebibyte));
    expect({ status, accepted: body.accepted }).toEqual({ status: 200, accepted: 1 });
  });

  test("20,001 records; 20,000 are taken", async () => {
    const before = await eventLogEnd();
    const { status, body } = await appliance.ingest("{}\n".repeat(20_000));
    expect({ status, received: body.received, rejected: body.rejected.length }).toEqual({
      status: 200,
      received: 20_000,
      rejected: 20_000,
    });
    expectProblem(await appliance.ingest("{}\n".repeat(20_001)), 413, "Batch too large", "more than 20,000 records");
    const array = `[${JSON.stringify(detection({ rule_id: "one too many" }))}${",{}".repeat(20_000)}]`;
    expectProblem(await appliance.ingest(array), 413, "Batch too large", "more than 20,000 records");
    expect(await eventLogEnd()).toBe(before);
  });

  test.each(["", " \n\n\t ", "\ufeff"])("%j holds no record", async (body) => {
    expectProblem(await appliance.ingest(body), 400, "No readable record", /^the body holds no record/);
  });

  test("of which nothing can be read: each record named", async () => {
    const answer = await appliance.ingest('hello\n"text"\n[1\n42\n{"rule_title": ');
    expectProblem(
      answer,
      400,
      "No readable record",
      /^none of the 5 records is a JSON object; the first: not valid JSON/,
    );
    expect(answer.body.errors.map(({ name }: { name: string }) => name)).toEqual(
      [0, 1, 2, 3, 4].map((index) => `record ${index}`),
    );
    expect(answer.body.errors[1].reason).toBe('"text", accepted: one JSON object per record');
  });

  test("binary rubbish, also in an error message, comes back as one line of ASCII", async () => {
    const answer = await appliance.ingest(Uint8Array.from({ length: 4096 }, (_, index) => (index * 7919) % 256));
    expectProblem(answer, 400, "No readable record", /^[\x20-\x7e]+$/);
  });
});
