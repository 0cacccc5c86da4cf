/** Jira's description of a field as a field that can be picked (protocols 3.2): how its values are written. */
import type { AllowedValue, FieldShape, TargetField } from "../../core/tickets/fields/target-fields.ts";
import { type FieldMeta, isWanted } from "./create-meta.ts";

/** The most values that are offered; a project may have thousands of versions. */
const mostAllowed = 500;

/** `isCloud`: longer texts are documents, people have an accountId. `isFilled`: the appliance fills it. */
export function jiraField(id: string, meta: FieldMeta, isCloud: boolean, isFilled: boolean): TargetField {
  return {
    id,
    label: String(meta.name ?? id).slice(0, 200),
    type: typeOf(meta),
    required: isWanted(meta),
    hasDefault: meta.hasDefaultValue === true,
    shape: shapeOf(meta, isCloud),
    isFilled,
    where: "",
  };
}

function typeOf({ schema = {} }: FieldMeta): string {
  const { type = "unknown", items, custom } = schema;
  const own = custom?.split(":").at(-1);
  return `${type}${items === undefined ? "" : ` of ${items}`}${own === undefined ? "" : ` (${own})`}`.slice(0, 100);
}

function shapeOf({ schema = {}, allowedValues }: FieldMeta, isCloud: boolean): FieldShape {
  const { type = "", items = "", system = "", custom = "" } = schema;
  const allowed = allowedOf(allowedValues ?? []);
  const isWhole = allowed.length < mostAllowed;
  const person = isCloud ? "accountId" : "name";
  if (type === "array") {
    if (allowed.length > 0) return { kind: "many", allowed, isWhole };
    if (items === "string") return { kind: "texts", wrap: null };
    if (items === "user") return { kind: "texts", wrap: person };
    return wrapOf(items) === null ? { kind: "json" } : { kind: "texts", wrap: wrapOf(items) };
  }
  if (allowed.length > 0) return { kind: "one", allowed, isWhole };
  if (type === "string")
    return isCloud && (custom.endsWith(":textarea") || system === "description" || system === "environment")
      ? { kind: "document" }
      : { kind: "text", wrap: null, longest: custom.endsWith(":textfield") ? 255 : null };
  if (type === "number") return { kind: "number", asText: false };
  if (type === "date") return { kind: "date" };
  if (type === "datetime") return { kind: "time", of: "jira" };
  if (type === "user") return { kind: "text", wrap: person, longest: null };
  return wrapOf(type) === null ? { kind: "json" } : { kind: "text", wrap: wrapOf(type), longest: null };
}

/** The key under which a value of this type goes, where Jira does not list its values. */
function wrapOf(type: string): string | null {
  if (type === "option") return "value";
  return ["priority", "resolution", "version", "component", "group", "securitylevel"].includes(type) ? "name" : null;
}

/** A cascading list is one of its pairs. */
function allowedOf(values: readonly unknown[]): AllowedValue[] {
  return values
    .flatMap((one) => {
      const parent = allowedOne(one);
      if (parent === null) return [];
      const children = ((one as { children?: unknown[] }).children ?? []).flatMap((child) => {
        const own = allowedOne(child);
        return own === null ? [] : [pair(parent, own)];
      });
      return [parent, ...children];
    })
    .slice(0, mostAllowed);
}

function pair(parent: AllowedValue, child: AllowedValue): AllowedValue {
  return {
    id: `${parent.id}/${child.id}`,
    label: `${parent.label} / ${child.label}`,
    value: { ...(parent.value as object), child: child.value },
  };
}

function allowedOne(given: unknown): AllowedValue | null {
  if (typeof given === "string") return { id: given, label: given, value: given };
  if (typeof given !== "object" || given === null) return null;
  const { id, key, name, value, label, disabled } = given as Record<string, unknown>;
  if (disabled === true) return null;
  const words = [name, value, label, key, id].find((one) => typeof one === "string" && one !== "");
  if (words === undefined) return null;
  const shown = String(words).slice(0, 200);
  if (id !== undefined) return { id: String(id), label: shown, value: { id: String(id) } };
  return { id: shown, label: shown, value: name === undefined ? { value: words } : { name } };
}
