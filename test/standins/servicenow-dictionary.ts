/** What the stand-in for ServiceNow says of its tables: dictionary, choices and policies, as their own tables hold them. */
import {
  columns,
  type DictionaryColumn,
  failure,
  type Row,
  type ServiceNowOptions,
  stateNames,
} from "./servicenow-model.ts";
import type { Asked, Reply } from "./stand-in.ts";

const closeCodes = { "Solution provided": "Solution provided", "No resolution provided": "No resolution provided" };
const usual: readonly DictionaryColumn[] = [
  ...columns.map((element) => ({ element, label: element.replaceAll("_", " ") })),
  { element: "state", label: "State", internal_type: "integer", choices: stateNames },
  { element: "close_code", label: "Resolution code", choices: closeCodes },
  { element: "assigned_to", label: "Assigned to", internal_type: "reference", reference: "sys_user" },
];

const policyId = (at: number, isUi: boolean) => `${isUi ? "b" : "d"}${String(at).padStart(31, "0")}`;

/** Null: it is no table of the dictionary. */
export function dictionaryTable(options: Required<ServiceNowOptions>, table: string, asked: Asked): Reply | null {
  const rows = rowsOf(options, table);
  if (rows === null) return null;
  if (options.unreadable.includes(table))
    return { status: 403, body: failure("User Not Authorized", "Failed API level ACL Validation") };
  const query = asked.query.get("sysparm_query") ?? "";
  const wanted = (asked.query.get("sysparm_fields") ?? "").split(",");
  const name = /^name=(\w+)$/.exec(query)?.[1];
  const names = /(?:^|\^)(?:name|model_table|table)IN([\w,]+)/.exec(query)?.[1]?.split(",");
  const policies = /^(sys_data_policy|ui_policy)IN([\w,]+)/.exec(query);
  const found = rows.filter(
    (row) =>
      (name === undefined || row.name === name) &&
      (names === undefined || names.includes(row.name ?? row.model_table ?? row.table ?? "")) &&
      (policies === null || policies[2]?.split(",").includes(row[policies[1] ?? ""] ?? "")),
  );
  const shown = found.map((row) => Object.fromEntries(wanted.map((one) => [one, row[one] ?? ""])));
  return { status: 200, body: { result: shown } };
}

function rowsOf({ dictionary, policies }: Required<ServiceNowOptions>, table: string): Row[] | null {
  const all = new Map([...usual, ...dictionary].map((column) => [column.element, column]));
  switch (table) {
    case "sys_db_object":
      return [
        { name: "incident", "super_class.name": "task" },
        { name: "task", "super_class.name": "" },
      ];
    case "sys_dictionary":
      return [...all.values()].map((one) => ({
        name: one.element.startsWith("u_") ? "incident" : "task",
        element: one.element,
        column_label: one.label,
        internal_type: one.internal_type ?? "string",
        mandatory: String(one.mandatory ?? false),
        read_only: "false",
        max_length: one.element === "short_description" ? "160" : "4000",
        reference: one.reference ?? "",
        choice: one.choices === undefined ? "0" : "3",
        default_value: "",
      }));
    case "sys_choice":
      return [...all.values()].flatMap(({ element, choices = {} }) =>
        Object.entries(choices).map(([value, label]) => ({ name: "incident", element, value, label })),
      );
    case "sys_dictionary_override":
      return [];
    case "sys_data_policy2":
    case "sys_ui_policy":
      return policies.flatMap(({ field, states, isUi = false }, at) =>
        isUi === (table === "sys_ui_policy")
          ? [
              {
                sys_id: policyId(at, isUi),
                [isUi ? "table" : "model_table"]: "incident",
                short_description: `${field} is mandatory`,
                conditions: states === undefined ? "" : `${states.map((one) => `state=${one}`).join("^OR")}^EQ`,
              },
            ]
          : [],
      );
    case "sys_data_policy_rule":
    case "sys_ui_policy_action":
      return policies.map(({ field, isUi = false }, at) => ({
        [isUi ? "ui_policy" : "sys_data_policy"]: policyId(at, isUi),
        field,
        mandatory: "true",
      }));
    default:
      return null;
  }
}

/** The mandatory column that this record lacks by a data policy; undefined = none. */
export function lackingColumn({ policies }: Required<ServiceNowOptions>, record: Row): string | undefined {
  return policies.find(
    ({ field, states, isUi = false }) =>
      !isUi && (states === undefined || states.includes(record.state ?? "")) && (record[field] ?? "") === "",
  )?.field;
}
