import { expect, test } from "bun:test";
import { MetricSet } from "./metric-text.ts";

test("metrics are lines of Prometheus' text format, in the order in which they were added", async () => {
  const metrics = new MetricSet();
  metrics.gauge({ name: "a_bytes", help: "Bytes." });
  const requests = metrics.counter({ name: "b_total", help: "Requests.", labelled: true });
  requests.add({ method: "GET", status: "200" });
  requests.add({ method: "POST", status: "200" }, 2.5);
  requests.add({ method: "GET", status: "200" });
  metrics.counter({ name: "c_total", help: "None yet.", labelled: true });
  expect(await metrics.text()).toBe(`# HELP a_bytes Bytes.
# TYPE a_bytes gauge
a_bytes 0

# HELP b_total Requests.
# TYPE b_total counter
b_total{method="GET",status="200"} 2
b_total{method="POST",status="200"} 2.5

# HELP c_total None yet.
# TYPE c_total counter
`);
});

test("a name from outside ends no label and no line", async () => {
  const metrics = new MetricSet();
  const gauge = metrics.gauge({ name: "a", help: "One\nline \\.", labelled: true });
  gauge.set({ name: 'x"} 1\nb 2 \\' }, 1);
  expect(await metrics.text()).toBe('# HELP a One\\nline \\\\.\n# TYPE a gauge\na{name="x\\"} 1\\nb 2 \\\\"} 1\n');
});

test("values that are worked out are those of the moment, and those of before are gone", async () => {
  const metrics = new MetricSet();
  let now = 1;
  metrics.gauge({
    name: "a",
    help: "A.",
    labelled: true,
    async collect() {
      const value = await Promise.resolve(now);
      this.reset();
      this.set({ at: String(value) }, value);
    },
  });
  expect(await metrics.text()).toContain('a{at="1"} 1');
  now = 2;
  const text = await metrics.text();
  expect(text).toContain('a{at="2"} 2');
  expect(text).not.toContain('at="1"');
});
