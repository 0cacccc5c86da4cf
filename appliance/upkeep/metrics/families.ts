/** Short forms for families whose values are at hand. */
import type { Family, Labels, Sample } from "./family.ts";

export function gauge(name: string, help: string, read: () => Iterable<Sample>): Family {
  return { name, help, type: "gauge", read };
}

export function counter(name: string, help: string, read: () => Iterable<Sample>): Family {
  return { name, help, type: "counter", read };
}

/** A single series without labels; none where the value is not known. */
export function one(value: number | null): () => Sample[] {
  return () => (value === null ? [] : [[{}, value]]);
}

/** A series for each of these; none where its value is null. */
export function each<Of>(list: () => readonly Of[], labels: (of: Of) => Labels) {
  return (value: (of: Of) => number | null) => (): Sample[] =>
    list().flatMap((of) => {
      const known = value(of);
      return known === null ? [] : [[labels(of), known] satisfies Sample];
    });
}
