/**
 * The pack `monitoring`, the runbook and the table of metrics, all held against `/metrics` of a running appliance: nothing asks for a metric or a
 * label that is not there, and each alarm has its page and its proofs.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { meteredAppliance } from "../harness/metered-appliance.ts";
import type { Scrape } from "../harness/metrics.ts";
import { cleanUpScenes } from "../harness/ticket-scene.ts";
import { asksFor, dashboards, groupsBy, packFile, queriesOf, rules, showsLabels } from "./monitoring-pack.ts";

const docs = (name: string) => readFileSync(join(import.meta.dirname, "../../docs", name), "utf8");
const alarms = rules().filter(({ alert }) => alert !== undefined);
/** Added by Prometheus to each series. */
const ofScrape = ["job", "instance"];

let scrape: Scrape;
beforeAll(async () => {
  ({ scrape } = await meteredAppliance());
});
afterAll(cleanUpScenes);

/** Labels of a series by its name, also of the rules' own; null = there is no such series. */
function labelsOf(name: string): string[] | null {
  if (name === "up") return ofScrape;
  const recorded = rules().find(({ record }) => record === name);
  if (recorded !== undefined) return groupsBy(recorded.expr).filter((label) => label !== "le");
  const family = name.replace(/_(bucket|sum|count)$/, "");
  if (!scrape.types.has(scrape.types.get(family) === "histogram" ? family : name)) return null;
  return [...scrape.labels(name), ...ofScrape];
}

function expectThere(query: string): void {
  const asked = asksFor(query);
  expect([query, asked.length > 0]).toEqual([query, true]);
  const known = asked.map(({ name, labels }) => {
    const there = labelsOf(name);
    expect([query, name, there !== null]).toEqual([query, name, true]);
    expect([query, name, labels.filter((label) => !there?.includes(label))]).toEqual([query, name, []]);
    return there ?? [];
  });
  expect([query, groupsBy(query).filter((label) => !known.flat().includes(label))]).toEqual([query, []]);
}

describe("docs/operations.md", () => {
  const names = (cell: string) => [...cell.matchAll(/`([a-z_]+)`/g)].map(([, name]) => name ?? "");

  test("names every metric with its labels, and no other", () => {
    const text = docs("operations.md");
    const section = text.slice(text.indexOf("\n## Metrics\n")).split("\n## ")[1] ?? "";
    const documented = section
      .split("\n")
      .filter((line) => line.startsWith("| `"))
      .flatMap((row) => {
        const [, named = "", labels = ""] = row.split("|");
        return names(named).map((name) => [name, names(labels).sort()]);
      });
    const real = [...scrape.types].map(([family, type]) => {
      const labels = scrape.labels(type === "histogram" ? `${family}_count` : family);
      return [family, [...labels].sort()];
    });
    const byName = (one: unknown[], other: unknown[]) => String(one[0]).localeCompare(String(other[0]));
    expect(documented.sort(byName)).toEqual(real.sort(byName));
    // Labels can only be compared where there is a series.
    const silent = [...scrape.types.keys()].filter(
      (family) => !scrape.series.some(({ name }) => name.startsWith(family)),
    );
    // An appliance that is alone has none of these.
    expect(silent.filter((family) => !family.startsWith("rhythmx_cluster_"))).toEqual([]);
  });
});

describe("rules", () => {
  test.each(rules().map(({ alert, record, expr }) => [alert ?? record ?? "", expr]))(
    "%s asks for what there is",
    (_, expr) => expectThere(expr),
  );

  test("each alarm says how severe it is, what, where and how to mend it, and shows labels that it has", () => {
    for (const { alert = "", expr, labels, annotations } of alarms) {
      expect(alert).toMatch(/^RhythmX[A-Z][A-Za-z]+$/);
      expect(Object.keys(labels ?? {})).toEqual(["severity"]);
      expect(["critical", "warning", "info"]).toContain(labels?.severity ?? "");
      expect(Object.keys(annotations ?? {})).toEqual(["summary", "description", "runbook_url"]);
      const { summary = "", description = "" } = annotations ?? {};
      expect(description).toContain("{{ $labels.instance }}");
      expect(summary.length).toBeLessThan(100);
      // A sum keeps only what it is grouped by.
      const kept = /^\s*(sum|histogram_quantile)\b/.test(expr)
        ? groupsBy(expr)
        : asksFor(expr).flatMap(({ name }) => labelsOf(name) ?? []);
      expect([alert, showsLabels(summary + description).filter((label) => !kept.includes(label))]).toEqual([alert, []]);
    }
  });

  test("each is proved to fire, and not to fire in a near miss", () => {
    interface Tested {
      name: string;
      input_series: { series: string }[];
      promql_expr_test: { expr: string; exp_samples: unknown[] }[];
    }
    const { tests } = Bun.YAML.parse(packFile("prometheus/rules_test.yml")) as { tests: Tested[] };
    const proved = { fires: new Set<string>(), doesNot: new Set<string>() };
    for (const { promql_expr_test, input_series } of tests) {
      for (const { expr, exp_samples } of promql_expr_test) {
        const [, alert = ""] = /alertname="(\w+)", alertstate="firing"/.exec(expr) ?? [];
        (exp_samples.length > 0 ? proved.fires : proved.doesNot).add(alert);
      }
      // What is put in has to be what there is, too.
      for (const { series } of input_series) expectThere(series);
    }
    const names = new Set(alarms.map(({ alert = "" }) => alert));
    expect(proved.fires).toEqual(names);
    expect(proved.doesNot).toEqual(names);
  });

  test("each has its section in the runbook, at the place that runbook_url names, and there is no other", () => {
    const sections = docs("runbook.md").split("\n### ").slice(1);
    expect(sections.map((section) => section.split("\n")[0])).toEqual(alarms.map(({ alert }) => alert));
    for (const [index, { labels, for: wait, annotations }] of alarms.entries()) {
      const section = sections[index] ?? "";
      const title = section.split("\n")[0] ?? "";
      expect(annotations?.runbook_url).toBe(`runbook.md#${title.toLowerCase()}`);
      expect(section).toContain(`Severity ${labels?.severity}, ${wait === undefined ? "at once" : `after ${wait}`}.`);
      for (const part of ["Means", "See", "Mend", "Call"])
        expect(section).toMatch(new RegExp(`- \\*\\*${part}\\.\\*\\* \\S`));
    }
    expect(packFile("README.md")).toContain(` ${alarms.length} alarms `);
  });
});

describe.each(dashboards().map((dashboard) => [dashboard.title, dashboard] as const))("%s", (_, dashboard) => {
  const panels = dashboard.panels;

  test("every query asks for what there is, and every legend shows labels that it has", () => {
    for (const query of queriesOf(dashboard)) expectThere(query);
    for (const { targets = [] } of panels)
      for (const { expr, legendFormat } of targets) {
        const kept = /\bby\s*\(/.test(expr)
          ? groupsBy(expr)
          : asksFor(expr).flatMap(({ name }) => labelsOf(name) ?? []);
        expect([expr, showsLabels(legendFormat).filter((label) => !kept.includes(label))]).toEqual([expr, []]);
      }
  });

  test("can be provisioned and imported: no id, a fixed uid, the data source is a variable, and all variables are there", () => {
    expect(dashboard.id).toBeNull();
    expect(dashboard.uid).toMatch(/^rhythmx-[a-z]+$/);
    expect(dashboard.schemaVersion).toBeGreaterThanOrEqual(36);
    const text = JSON.stringify(dashboard);
    expect(text).not.toContain("DS_PROMETHEUS");
    expect(text).not.toContain("__inputs");
    const variables = dashboard.templating.list.map(({ name }) => name);
    const used = [...text.matchAll(/\$\{?([a-zA-Z_]+)/g)].map(([, name]) => name ?? "");
    expect([...new Set(used)].filter((name) => !name.startsWith("__")).sort()).toEqual([...variables].sort());
    for (const panel of panels.filter(({ type }) => type !== "row")) {
      expect(panel.datasource?.type).toBe("prometheus");
      expect(panel.datasource?.uid).toMatch(/^\$\{datasource\}$/);
      expect(panel.targets?.length).toBeGreaterThan(0);
      const refs = panel.targets?.map(({ refId }) => refId) ?? [];
      expect(new Set(refs).size).toBe(refs.length);
    }
  });

  test("panels have titles, ids of their own, and places that do not overlap", () => {
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    const taken = new Set<string>();
    for (const { title, type, gridPos } of panels) {
      expect(title).not.toBe("");
      expect(["row", "stat", "timeseries", "table"]).toContain(type);
      expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24);
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++)
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
          expect([title, taken.has(`${x} ${y}`)]).toEqual([title, false]);
          taken.add(`${x} ${y}`);
        }
    }
  });
});

test("every metric is used by a rule, a dashboard, or kept for queries by hand", () => {
  const used = new Set(
    [...rules().map(({ expr }) => expr), ...dashboards().flatMap(queriesOf)].flatMap((query) =>
      asksFor(query).map(({ name }) => name.replace(/_bucket$/, "")),
    ),
  );
  const unused = [...scrape.types.keys()].filter((name) => !used.has(name));
  expect(unused.sort()).toEqual([
    "rhythmx_backup_last_size_bytes",
    "rhythmx_cluster_leader",
    "rhythmx_config_last_reload_success_timestamp_seconds",
    "rhythmx_config_reloads_total",
    "rhythmx_event_log_end",
    "rhythmx_events_pruned_total",
    "rhythmx_intake_pending_bytes",
    "rhythmx_loop_last_duration_seconds",
    "rhythmx_search_behind",
    "rhythmx_syslog_connected",
    "rhythmx_ticket_last_success_timestamp_seconds",
  ]);
});
