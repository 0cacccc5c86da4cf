/** Current faults by name: set and cleared by the code that detects them, read by health, metrics and the console. */
export interface Fault {
  /** Stable name: `store_write`, `disk_space`, `clock`, `configuration`. */
  name: string;
  /** For people: what, where, how to mend. */
  message: string;
  /** Epoch milliseconds. */
  since: number;
}

export class Faults {
  readonly #current = new Map<string, Fault>();
  readonly #now: () => number;
  readonly #onChange: (fault: Fault, state: "appeared" | "gone") => void;

  constructor(now: () => number, onChange: (fault: Fault, state: "appeared" | "gone") => void = () => {}) {
    this.#now = now;
    this.#onChange = onChange;
  }

  /** Names a fault. The first call of an ongoing fault sets its time; later ones only refresh its message. */
  set(name: string, message: string): void {
    const present = this.#current.get(name);
    const fault = { name, message, since: present?.since ?? this.#now() };
    this.#current.set(name, fault);
    if (present === undefined) this.#onChange(fault, "appeared");
  }

  clear(name: string): void {
    const fault = this.#current.get(name);
    if (fault === undefined) return;
    this.#current.delete(name);
    this.#onChange(fault, "gone");
  }

  has(name: string): boolean {
    return this.#current.has(name);
  }

  list(): Fault[] {
    return [...this.#current.values()];
  }
}
