/** What Graylog's content packs of version 1 are made of. */
import { createHash } from "node:crypto";

type Scalar = string | number | boolean;

/** A value, in the form in which a parameter can be instead. */
export function reference(value: Scalar): object {
  const type = typeof value === "number" ? "integer" : typeof value;
  return { "@type": type, "@value": value };
}

export const references = (values: Readonly<Record<string, Scalar>>): Record<string, object> =>
  Object.fromEntries(Object.entries(values).map(([key, value]) => [key, reference(value)]));

/** An id that is the same for ever: entities name each other by it, and a new revision is the same pack. */
export function idOf(type: string, name: string): string {
  const hex = createHash("sha256").update(`rhythmx ${type} ${name}`).digest("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

export function entity(type: string, name: string, data: object, version = "1"): object {
  return {
    v: "1",
    type: { name: type, version },
    id: idOf(type, name),
    data,
    constraints: [{ type: "server-version", version: ">=5.1.0" }],
  };
}

interface Contents {
  name: string;
  summary: string;
  description: string;
  parameters: object[];
  entities: object[];
}

export function contentPack({ name, summary, description, parameters, entities }: Contents): object {
  return {
    v: "1",
    id: idOf("pack", name),
    rev: 1,
    ...{ name, summary, description },
    vendor: "RhythmX",
    url: "",
    ...{ parameters, entities },
  };
}
