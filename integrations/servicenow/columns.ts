/** What an instance says of the columns of a table: its dictionary, choices, and the policies that make columns mandatory (protocols 4). */
import { DeliveryError, messageOf } from "../../core/errors.ts";
import type { AllowedValue, FieldShape } from "../../core/tickets/fields/target-fields.ts";
import type { Table } from "./table.ts";

export interface Column {
  name: string;
  label: string;
  /** The instance's name of its type. */
  type: string;
  shape: FieldShape;
  /** In the dictionary, which forms ask for; the Table API does not enforce it. */
  mandatory: boolean;
  readOnly: boolean;
  hasDefault: boolean;
}

/** A policy that makes a column mandatory. */
export interface MandatoryBy {
  column: string;
  condition: string;
  policy: string;
  /** Data policies are enforced for the API too; UI policies only in forms. */
  isEnforced: boolean;
}

export interface TableColumns {
  columns: readonly Column[];
  mandatory: readonly MandatoryBy[];
  /** What could not be read, with the instance's words. */
  unread: readonly { what: string; why: string }[];
}

type Row = Readonly<Record<string, string | undefined>>;

const mostParents = 6;
const mostRows = 2_000;

export async function readColumns(table: Table, name: string): Promise<TableColumns> {
  const unread: { what: string; why: string }[] = [];
  const read = async (what: string, rows: () => Promise<Row[]>): Promise<Row[]> => {
    try {
      return await rows();
    } catch (error) {
      // One that is away, or refuses the login, is not asked again and again.
      if (!(error instanceof DeliveryError) || error.retryable || error.code === "unauthorized") throw error;
      unread.push({ what, why: messageOf(error) });
      return [];
    }
  };
  const list = (from: string, query: string, fields: string) => rowsOf(table, from, query, fields);
  const family = await familyOf(list, name, (why) => unread.push({ what: "sys_db_object", why }));
  const names = family.join(",");
  const dictionary = await read("sys_dictionary", async () => {
    const query = `nameIN${names}^elementISNOTEMPTY^active=true`;
    const found = await list(
      "sys_dictionary",
      query,
      "name,element,column_label,internal_type,mandatory,read_only,max_length,reference,choice,default_value",
    );
    if (found.length > 0) return found;
    throw new DeliveryError(
      "hidden",
      `the instance shows no columns of ${name} in sys_dictionary: give the account the right to read it (role personalize_dictionary)`,
      { retryable: false },
    );
  });
  if (dictionary.length === 0) return { columns: [], mandatory: [], unread };
  const overrides = await read("sys_dictionary_override", () =>
    list(
      "sys_dictionary_override",
      `nameIN${names}`,
      "name,element,mandatory_override,mandatory,read_only_override,read_only,default_value_override,default_value",
    ),
  );
  const choices = await read("sys_choice", () =>
    list("sys_choice", `nameIN${names}^inactive=false^language=en`, "name,element,value,label"),
  );
  const mandatory = [
    ...(await policies(list, read, names, dataPolicies)),
    ...(await policies(list, read, names, uiPolicies)),
  ];
  return { columns: columnsOf(family, dictionary, overrides, choices), mandatory, unread };
}

type List = (from: string, query: string, fields: string) => Promise<Row[]>;
type Read = (what: string, rows: () => Promise<Row[]>) => Promise<Row[]>;

async function rowsOf(table: Table, from: string, query: string, fields: string): Promise<Row[]> {
  const path = `/api/now/table/${from}?sysparm_query=${encodeURIComponent(query)}&sysparm_limit=${mostRows}&sysparm_exclude_reference_link=true&sysparm_fields=${fields}`;
  return (await table.list(path)) as Row[];
}

/** The table and those that it extends, itself first. Most tables of tickets extend `task`. */
async function familyOf(list: List, name: string, tell: (why: string) => void): Promise<string[]> {
  const family = [name];
  try {
    while (family.length < mostParents) {
      const [row] = await list("sys_db_object", `name=${family.at(-1)}`, "name,super_class.name");
      const parent = row?.["super_class.name"] ?? "";
      if (!/^[a-z][a-z0-9_]*$/.test(parent) || family.includes(parent)) break;
      family.push(parent);
    }
  } catch (error) {
    if (!(error instanceof DeliveryError) || error.retryable || error.code === "unauthorized") throw error;
    tell(`${messageOf(error)}; columns of task are looked at as well`);
  }
  return family.length === 1 && name !== "task" ? [name, "task"] : family;
}

const dataPolicies = {
  policy: "sys_data_policy2",
  table: "model_table",
  rule: "sys_data_policy_rule",
  of: "sys_data_policy",
  isEnforced: true,
};
const uiPolicies = {
  policy: "sys_ui_policy",
  table: "table",
  rule: "sys_ui_policy_action",
  of: "ui_policy",
  isEnforced: false,
};

async function policies(
  list: List,
  read: Read,
  names: string,
  { policy, table, rule, of, isEnforced }: typeof dataPolicies,
): Promise<MandatoryBy[]> {
  const found = await read(policy, () =>
    list(policy, `${table}IN${names}^active=true`, "sys_id,short_description,conditions"),
  );
  const ids = found.map(({ sys_id }) => String(sys_id)).filter((id) => /^[0-9a-f]{32}$/.test(id));
  if (ids.length === 0) return [];
  const rules = await read(rule, () => list(rule, `${of}IN${ids.join(",")}^mandatory=true`, `${of},field,mandatory`));
  return rules.flatMap((row) => {
    const one = found.find(({ sys_id }) => sys_id === row[of]);
    if (one === undefined || row.mandatory !== "true" || !row.field) return [];
    const { conditions = "", short_description = "" } = one;
    return [{ column: row.field, condition: conditions, policy: short_description.slice(0, 100), isEnforced }];
  });
}

function columnsOf(
  family: readonly string[],
  dictionary: readonly Row[],
  overrides: readonly Row[],
  choices: readonly Row[],
): Column[] {
  const nearest = (rows: readonly Row[]) =>
    [...rows].sort((a, b) => family.indexOf(a.name ?? "") - family.indexOf(b.name ?? ""));
  const columns = new Map<string, Column>();
  const choicesBy = Map.groupBy(choices, ({ element = "" }) => element);
  for (const row of nearest(dictionary)) {
    const name = row.element ?? "";
    if (!/^[a-z][a-z0-9_]{0,79}$/.test(name) || columns.has(name)) continue;
    const own = nearest(overrides).find(({ element }) => element === name);
    const told = (what: string) => (own?.[`${what}_override`] === "true" ? own[what] : row[what]) ?? "";
    const lists = nearest(choicesBy.get(name) ?? []);
    const allowed = lists
      .filter((one) => one.name === lists[0]?.name)
      .map(({ value = "", label = "" }): AllowedValue => ({ id: value, label: label || value, value }));
    columns.set(name, {
      name,
      label: (row.column_label ?? "").slice(0, 200) || name,
      type: typeOf(row),
      shape: shapeOf(row, allowed),
      mandatory: told("mandatory") === "true",
      readOnly: told("read_only") === "true",
      hasDefault: told("default_value") !== "",
    });
  }
  return [...columns.values()];
}

function typeOf({ internal_type: type = "", reference = "" }: Row): string {
  return reference === "" ? type : `${type} to ${reference}`;
}

function shapeOf(
  { internal_type: type = "", reference = "", max_length: longest = "", choice = "" }: Row,
  allowed: AllowedValue[],
): FieldShape {
  if (type === "boolean") return { kind: "flag" };
  if (type === "reference") return { kind: "record", table: reference || "another table" };
  // 1 and 3: a list of choices; 2: suggestions.
  if (allowed.length > 0 && (choice === "1" || choice === "3")) return { kind: "one", allowed, isWhole: true };
  if (allowed.length > 0) return { kind: "one", allowed, isWhole: false };
  if (/^(?:integer|decimal|float|longint|currency)$/.test(type)) return { kind: "number", asText: true };
  if (type === "glide_date") return { kind: "date" };
  if (type === "glide_date_time" || type === "due_date") return { kind: "time", of: "servicenow" };
  return { kind: "text", wrap: null, longest: Number(longest) > 0 ? Number(longest) : null };
}
