/** @jsxImportSource hono/jsx */
/** What narrows the list of incidents, and which columns it has. */
import { incidentStatuses } from "../../../../../core/incident.ts";
import { riskLevels } from "../../../../../core/risk.ts";
import { Select } from "../../parts/field.tsx";
import { Form } from "../../parts/form.tsx";
import { Icon } from "../../parts/icon.tsx";
import { EntityChoice } from "../../parts/list.tsx";
import { words } from "../../parts/severity.tsx";
import { useViewing } from "../../parts/viewing.ts";
import { type Asked, firstDirection } from "./asked.ts";
import { type Column, columnNames, columns } from "./columns.ts";

type Option = readonly [string, string];

/** Choices that the view leaves open. Without script they are sent by a button. */
export const Filters = ({
  asked,
  entities,
  people,
}: {
  asked: Asked;
  entities: readonly string[] | null;
  people: readonly string[];
}) => {
  const { view } = asked;
  const levels = view.levels ?? riskLevels;
  const statuses = view.statuses.length === incidentStatuses.length ? incidentStatuses : view.statuses;
  const isUsual = asked.dir === firstDirection(asked.sort);
  return (
    <form class="filters" role="search" aria-label="Incidents" action="/incidents" data-filter="#list">
      <Kept name="view" value={view.id} />
      <Kept name="sort" value={asked.sort === "risk" ? "" : asked.sort} />
      <Kept name="dir" value={isUsual ? "" : asked.dir} />
      <span class="search">
        <Icon n="search" />
        <input
          class="field"
          type="search"
          name="q"
          value={asked.q}
          placeholder="Actor, host, rule, INC- or ticket number"
          aria-label="Search incidents by actor, host, rule, id or ticket"
          maxlength={200}
          autocomplete="off"
          data-key="/"
        />
        <kbd>/</kbd>
      </span>
      <button class="btn unscripted">Show</button>
      <button type="button" class="btn plain" popovertarget="columns">
        Columns
      </button>
      <a class="btn plain" href={view.id === "" ? "/incidents" : `/incidents?view=${view.id}`}>
        Reset
      </a>
      <div class="narrowing">
        <Choice label="Level" name="level" any="Any level" value={asked.level} options={levels.map(named)} />
        <Choice label="Status" name="status" any="Any status" value={asked.status} options={statuses.map(named)} />
        {view.owner === undefined ? <OwnerChoice value={asked.owner} people={people} /> : null}
        <EntityChoice value={asked.entity} entities={entities} />
        <Choice
          label="Ticket"
          name="ticket"
          any="Any ticket"
          value={asked.ticket}
          options={[
            ["has", "Has a ticket"],
            ["none", "No ticket"],
          ]}
        />
        {view.sla === undefined && view.id !== "finished" ? (
          <Choice
            label="Service level"
            name="sla"
            any="Any time left"
            value={asked.sla}
            options={[
              ["on_track", "On track"],
              ["at_risk", "At risk"],
              ["breached", "Breached"],
            ]}
          />
        ) : null}
        {asked.campaign === "" ? null : (
          <Choice
            label="Campaign"
            name="campaign"
            any="Any campaign"
            value={asked.campaign}
            options={[[asked.campaign, asked.campaign]]}
          />
        )}
      </div>
    </form>
  );
};

/** Part of the address that no field shows. */
const Kept = ({ name, value }: { name: string; value: string }) =>
  value === "" ? null : <input type="hidden" name={name} value={value} />;

interface ChoiceProps {
  label: string;
  name: string;
  any: string;
  value: string;
  options: readonly Option[];
}

const Choice = ({ label, name, any, value, options }: ChoiceProps) => (
  <Select label={label} name={name} bare value={value} options={[["", any], ...options]} />
);

const OwnerChoice = ({ value, people }: { value: string; people: readonly string[] }) => {
  const { people: names, user } = useViewing();
  const others = people.filter((login) => login !== user);
  const options: Option[] = [
    ["me", "Me"],
    ["none", "Nobody"],
    ...others.map((login): Option => [login, names.get(login.toLowerCase()) ?? login]),
  ];
  return <Choice label="Owner" name="owner" any="Any owner" value={value} options={withValue(options, value)} />;
};

function named(word: string): Option {
  return [word, words(word)];
}

/** What the address asks for is shown, also where it is none of the choices. */
function withValue(options: readonly Option[], value: string): readonly Option[] {
  return value === "" || options.some(([id]) => id === value) ? options : [...options, [value, value]];
}

export const ColumnChoice = ({ shown, here }: { shown: readonly Column[]; here: string }) => (
  <div popover="auto" id="columns" class="pop ask" role="dialog" aria-label="Columns">
    <Form action="/console/incidents/columns" class="form one" plain>
      <input type="hidden" name="to" value={here} />
      <fieldset class="ticks">
        <legend>Columns</legend>
        {columnNames.map((name) => (
          <label class="row">
            <input type="checkbox" name="column" value={name} checked={shown.includes(name)} />
            {columns[name]}
          </label>
        ))}
      </fieldset>
      <button class="btn primary">Show these</button>
    </Form>
  </div>
);
