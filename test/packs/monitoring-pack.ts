/** Reads the monitoring pack, and what its queries ask for. */
import { readFileSync } from "node:fs";
import { join } from "node:path";

export const packFolder = join(import.meta.dirname, "../../appliance/packs/monitoring");

export interface Rule {
  alert?: string;
  record?: string;
  expr: string;
  for?: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
}

interface Target {
  datasource: { type: string; uid: string };
  expr: string;
  legendFormat: string;
  refId: string;
}

interface Panel {
  id: number;
  type: string;
  title: string;
  gridPos: { h: number; w: number; x: number; y: number };
  datasource?: { type: string; uid: string };
  targets?: Target[];
}

export interface Dashboard {
  id: null;
  uid: string;
  title: string;
  schemaVersion: number;
  tags: string[];
  panels: Panel[];
  annotations: { list: { expr?: string }[] };
  templating: { list: { name: string; type: string; definition?: string }[] };
}

export function packFile(path: string): string {
  return readFileSync(join(packFolder, path), "utf8");
}

export function rules(): Rule[] {
  const { groups } = Bun.YAML.parse(packFile("prometheus/rhythmx.rules.yml")) as { groups: { rules: Rule[] }[] };
  return groups.flatMap((group) => group.rules);
}

const dashboardFiles = ["grafana/rhythmx-delivery.json", "grafana/rhythmx-operation.json"];

export function dashboards(): Dashboard[] {
  return dashboardFiles.map((file) => JSON.parse(packFile(file)) as Dashboard);
}

export function queriesOf(dashboard: Dashboard): string[] {
  return [
    ...dashboard.panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr)),
    ...dashboard.annotations.list.flatMap(({ expr }) => (expr === undefined ? [] : [expr])),
  ];
}

/** A query with values in the places of Grafana's variables. */
export function filledIn(query: string): string {
  return query.replaceAll("$__rate_interval", "5m").replaceAll("$job", "rhythmx").replaceAll("$instance", ".*");
}

/** The series that a query asks for, with the names of the labels that it selects by. */
export function asksFor(query: string): { name: string; labels: string[] }[] {
  const found = query.matchAll(/\b((?:rhythmx|process|instance:rhythmx)_\w+(?::\w+)?|up\b)\s*(?:\{([^}]*)\})?/g);
  return [...found].map(([, name = "", selector = ""]) => ({
    name,
    labels: [...selector.matchAll(/(\w+)\s*(?:=~|!~|!=|=)/g)].map(([, label]) => label ?? ""),
  }));
}

/** The names of labels that a query groups or joins by. */
export function groupsBy(query: string): string[] {
  const lists = query.matchAll(/\b(?:by|without|on|ignoring|group_left|group_right)\s*\(([^)]*)\)/g);
  return [...lists].flatMap(([, list = ""]) => list.split(",").map((label) => label.trim())).filter(Boolean);
}

/** Labels that a legend or an annotation shows. */
export function showsLabels(text: string): string[] {
  return [...text.matchAll(/\{\{\s*(?:\$labels\.)?([a-z_]+)\s*\}\}/g)].map(([, label]) => label ?? "");
}
