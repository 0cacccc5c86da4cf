/**
 * Runs queries on rows: just the operators and functions of KQL that the pack `sentinel` uses in its parsers and rules, by Kusto's own syntax tree. Any
 * other fails. Documents: "Kusto Query Language" of Microsoft.
 */
import { comparisons, functions, hasTerm, type KqlValue, text } from "./kql-functions.ts";
import { elements, type KustoNode, kindOf } from "./kusto.ts";

export type KqlRow = Readonly<Record<string, KqlValue>>;

type Evaluate = (row: KqlRow) => KqlValue;
type Step = (rows: readonly KqlRow[]) => KqlRow[];

/** The time of `ago` and `ingestion_time`, and what queries may name. */
interface Surroundings {
  now: number;
  tables: Readonly<Record<string, readonly KqlRow[]>>;
}

export function runKql(syntax: KustoNode, surroundings: Surroundings): KqlRow[] {
  const statements = elements(syntax.Statements);
  const last = statements.at(-1);
  if (last === undefined) throw new Error("an empty query");
  return new Compiler(surroundings, declaredBy(statements.slice(0, -1)), {}).tabular(last.Expression);
}

function declaredBy(statements: readonly KustoNode[]): ReadonlyMap<string, KustoNode> {
  return new Map(
    statements.map((statement) => {
      if (kindOf(statement) !== "LetStatement") throw unknown(statement);
      return [statement.Name.SimpleName, statement.Expression];
    }),
  );
}

const unknown = (node: KustoNode) => new Error(`KQL that is not known here: ${kindOf(node)} ${node.ToString()}`);

class Compiler {
  constructor(
    private readonly surroundings: Surroundings,
    private readonly functions: ReadonlyMap<string, KustoNode>,
    private readonly constants: KqlRow,
  ) {}

  tabular(node: KustoNode): KqlRow[] {
    switch (kindOf(node)) {
      case "PipeExpression":
        return this.#step(node.Operator)(this.tabular(node.Expression));
      case "NameReference": {
        const table = this.surroundings.tables[node.SimpleName];
        if (table === undefined) throw unknown(node);
        return [...table];
      }
      case "FunctionCallExpression":
        return this.#call(node);
      default:
        throw unknown(node);
    }
  }

  /** Of a function that `let` declares; its parameters are constants in it. */
  #call(node: KustoNode): KqlRow[] {
    const declared = this.functions.get(node.Name.SimpleName);
    if (declared === undefined || kindOf(declared) !== "FunctionDeclaration") throw unknown(node);
    const defaults = elements(declared.Parameters.Parameters).map(({ NameAndType, DefaultValue }) => [
      NameAndType.Name.SimpleName,
      this.#scalar(DefaultValue.Value)({}),
    ]);
    const given = elements(node.ArgumentList.Expressions).map((argument) => {
      if (kindOf(argument) !== "SimpleNamedExpression") throw unknown(argument);
      return [argument.Name.SimpleName, this.#scalar(argument.Expression)({})];
    });
    const within = new Compiler(
      this.surroundings,
      declaredBy(elements(declared.Body.Statements)),
      Object.fromEntries([...defaults, ...given]),
    );
    return within.tabular(declared.Body.Expression);
  }

  #step(node: KustoNode): Step {
    switch (kindOf(node)) {
      case "FilterOperator": {
        const condition = this.#scalar(node.Condition);
        return (rows) => rows.filter((row) => condition(row) === true);
      }
      case "ExtendOperator":
        return this.#extend(node);
      case "ProjectRenameOperator": {
        const names = elements(node.Expressions).map(
          (one) => [one.Name.SimpleName, one.Expression.SimpleName] as const,
        );
        return (rows) =>
          rows.map((row) => {
            const renamed: Record<string, KqlValue> = { ...row };
            for (const [to, from] of names) {
              renamed[to] = row[from];
              delete renamed[from];
            }
            return renamed;
          });
      }
      case "ProjectAwayOperator": {
        const names = new Set(elements(node.Expressions).map(({ SimpleName }) => SimpleName));
        return (rows) =>
          rows.map((row) => Object.fromEntries(Object.entries(row).filter(([name]) => !names.has(name))));
      }
      case "SummarizeOperator":
        return this.#newest(node);
      default:
        throw unknown(node);
    }
  }

  #extend(node: KustoNode): Step {
    const columns = elements(node.Expressions).map((one) => {
      if (kindOf(one) !== "SimpleNamedExpression") throw unknown(one);
      return [one.Name.SimpleName, this.#scalar(one.Expression)] as const;
    });
    // Whether one may name another of the same operator is a question that the pack does not ask.
    return (rows) =>
      rows.map((row) => ({ ...row, ...Object.fromEntries(columns.map(([name, value]) => [name, value(row)])) }));
  }

  /** `summarize arg_max(COLUMN, *) by COLUMN, …` */
  #newest(node: KustoNode): Step {
    const [aggregate, ...more] = elements(node.Aggregates);
    if (aggregate === undefined || more.length > 0 || aggregate.Name?.SimpleName !== "arg_max") throw unknown(node);
    const [measure, star] = elements(aggregate.ArgumentList.Expressions);
    if (measure === undefined || star === undefined || kindOf(star) !== "StarExpression") throw unknown(node);
    const by = elements(node.ByClause.Expressions).map((one) => this.#scalar(one));
    const value = this.#scalar(measure);
    return (rows) => {
      const groups = Map.groupBy(rows, (row) => JSON.stringify(by.map((key) => key(row))));
      return [...groups.values()].map((group) =>
        group.reduce((best, row) => (Number(value(row)) > Number(value(best)) ? row : best)),
      );
    };
  }

  #scalar(node: KustoNode): Evaluate {
    const kind = kindOf(node);
    if (kind === "BooleanLiteralExpression") {
      const value = node.ToString().trim() === "true";
      return () => value;
    }
    if (/^(String|Long|Int|Real)LiteralExpression$/.test(kind)) {
      const value = node.LiteralValue;
      const plain = typeof value === "object" && value !== null ? Number(String(value)) : value;
      return () => plain;
    }
    switch (kind) {
      case "NameReference": {
        const name = node.SimpleName;
        return name in this.constants ? () => this.constants[name] : (row) => column(row, name);
      }
      case "ParenthesizedExpression":
        return this.#scalar(node.Expression);
      case "ElementExpression": {
        const from = this.#scalar(node.Expression);
        const [key] = children(node.Selector).filter((one) => kindOf(one) === "StringLiteralExpression");
        if (key === undefined) throw unknown(node);
        const name = String(key.LiteralValue);
        return (row) => (from(row) as KqlRow | null)?.[name] ?? null;
      }
      case "DynamicExpression": {
        const value = JSON.parse(node.Expression.ToString());
        return () => value;
      }
      case "DateTimeLiteralExpression": {
        const [, written = ""] = /^datetime\((.*)\)$/.exec(node.ToString().trim()) ?? [];
        const value = written === "null" ? null : new Date(written);
        return () => value;
      }
      case "TimespanLiteralExpression": {
        const [, number = "", unit = ""] = /^(\d+)([mhd])$/.exec(node.ToString().trim()) ?? [];
        const value = Number(number) * ({ m: 60_000, h: 3_600_000, d: 86_400_000 }[unit] ?? Number.NaN);
        return () => value;
      }
      case "AndExpression":
      case "OrExpression": {
        const [left, right] = [this.#scalar(node.Left), this.#scalar(node.Right)];
        return kind === "AndExpression"
          ? (row) => left(row) === true && right(row) === true
          : (row) => left(row) === true || right(row) === true;
      }
      case "InExpression":
      case "HasAnyExpression": {
        const left = this.#scalar(node.Left);
        const list = elements(node.Right.Expressions).map((one) => this.#scalar(one));
        return kind === "InExpression"
          ? (row) => list.some((one) => one(row) === left(row))
          : (row) => list.flatMap((one) => one(row)).some((one) => hasTerm(text(left(row)), text(one)));
      }
      case "FunctionCallExpression": {
        const name = node.Name.SimpleName;
        const args = elements(node.ArgumentList.Expressions).map((one) => this.#scalar(one));
        if (name === "ago") return (row) => new Date(this.surroundings.now - Number(args[0]?.(row)));
        if (name === "ingestion_time") return () => new Date(this.surroundings.now);
        const called = functions[name];
        if (called === undefined) throw unknown(node);
        return (row) => called(...args.map((one) => one(row)));
      }
      default: {
        const compare = comparisons[kind];
        if (compare === undefined) throw unknown(node);
        const [left, right] = [this.#scalar(node.Left), this.#scalar(node.Right)];
        return (row) => compare(left(row), right(row));
      }
    }
  }
}

function children(node: KustoNode): KustoNode[] {
  const all = Array.from({ length: node.ChildCount }, (_, n) => node.GetChild(n)).filter((child) => child !== null);
  return [node, ...all.flatMap(children)];
}

function column(row: KqlRow, name: string): KqlValue {
  if (!(name in row)) throw new Error(`no column ${name}`);
  return row[name];
}
