/** Maps people between the appliance and ticket systems. */
import type { RemotePerson, TicketSystemName } from "./ticket.ts";

/** By analyst: ids in ticket systems. */
export type PeopleOfSystems = ReadonlyMap<string, Readonly<Partial<Record<TicketSystemName, string>>>>;

/** The id configured for an analyst; null = ask the system. */
export function idInSystem(people: PeopleOfSystems, analyst: string, system: TicketSystemName): string | null {
  const wanted = analyst.trim().toLowerCase();
  for (const [name, ids] of people) if (name.toLowerCase() === wanted) return ids[system] ?? null;
  return null;
}

/** Settings first, then a user of ours with one of the person's names, else the name itself. */
export function analystOf(
  people: PeopleOfSystems,
  person: RemotePerson,
  system: TicketSystemName,
  users: readonly string[],
): string {
  for (const [name, ids] of people) if (ids[system] === person.id) return name;
  const names = [person.id, ...person.aliases, person.name].map((one) => one.toLowerCase());
  const user = users.find((one) => names.includes(one.toLowerCase()));
  return user ?? person.name.replace(/\p{Cc}+/gu, " ").slice(0, 200);
}
