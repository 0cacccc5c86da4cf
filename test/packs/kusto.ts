/** Kusto's own parser and binder, by a workspace that has the table Syslog and the functions that are given. */
import { createRequire } from "node:module";

/** Columns of Syslog in a Log Analytics workspace. */
const syslogTable = `(TenantId: string, SourceSystem: string, TimeGenerated: datetime, Computer: string, EventTime: datetime, Facility: string,
  HostName: string, SeverityLevel: string, SyslogMessage: string, ProcessID: int, HostIP: string, ProcessName: string, CollectorHostName: string,
  MG: string, Type: string, _ResourceId: string)`;

/** A node of Kusto's syntax tree: which properties it has depends on its kind. */
export interface KustoNode {
  readonly Kind: number;
  readonly ChildCount: number;
  readonly SimpleName: string;
  readonly LiteralValue: unknown;
  readonly Name: KustoNode;
  readonly Expression: KustoNode;
  readonly Operator: KustoNode;
  readonly Left: KustoNode;
  readonly Right: KustoNode;
  readonly Condition: KustoNode;
  readonly Selector: KustoNode;
  readonly Body: KustoNode;
  readonly ArgumentList: KustoNode;
  readonly ByClause: KustoNode;
  readonly NameAndType: KustoNode;
  readonly DefaultValue: KustoNode;
  readonly Value: KustoNode;
  readonly Expressions: KustoList;
  readonly Aggregates: KustoList;
  readonly Statements: KustoList;
  readonly Parameters: { readonly Parameters: KustoList };
  GetChild(index: number): KustoNode | null;
  ToString(): string;
}

interface KustoList {
  readonly Count: number;
  getItem(index: number): { readonly Element$1: KustoNode };
}

interface Column {
  readonly Name: string;
  readonly Type: { readonly Name: string };
}
interface Items<T> {
  readonly Count: number;
  getItem(index: number): T;
}
interface Code {
  readonly Syntax: KustoNode;
  readonly ResultType: { readonly Columns: Items<Column> } | null;
  GetDiagnostics(): Items<{ readonly Message: string; readonly Start: number }>;
}
type Constructor = new (...args: unknown[]) => object;
interface Language {
  KustoCode: { ParseAndAnalyze(text: string, globals: object): Code };
  GlobalState: { Default: { WithDatabase(database: object): object } };
  Symbols: Record<"TableSymbol" | "DatabaseSymbol" | "FunctionSymbol", Record<string, Constructor>>;
  Syntax: { SyntaxKind: object };
}

const globals = globalThis as unknown as {
  Bridge: unknown;
  Kusto: { Language: Language };
  System: { Enum: { toString(type: object, value: number): string } };
};
const require = createRequire(import.meta.url);
globals.Bridge = require("@kusto/language-service-next/bridge.min.js");
require("@kusto/language-service-next/Kusto.Language.Bridge.min.js");
const language = globals.Kusto.Language;

export const kindOf = (node: KustoNode) => globals.System.Enum.toString(language.Syntax.SyntaxKind, node.Kind);

export const elements = (list: KustoList): KustoNode[] =>
  Array.from({ length: list.Count }, (_, n) => list.getItem(n).Element$1);

export interface Analyzed {
  syntax: KustoNode;
  /** What Kusto says against it, each with the text that it is about. */
  diagnostics: string[];
  /** Types of the result's columns by their names. */
  columns: ReadonlyMap<string, string>;
}

export class Workspace {
  readonly #members: object[] = [];

  constructor() {
    this.#add("TableSymbol", "$ctor7", "Syslog", syslogTable, null);
  }

  /** From now on queries may name it. Without parameters it is known by the columns of its result, so that no query has to read it again. */
  add(name: string, query: string, parameters: string | null = null): Analyzed {
    const analyzed = this.analyze(parameters === null ? query : `let called = (${parameters}) {\n${query}};\ncalled()`);
    const columns = [...analyzed.columns].map(([column, type]) => `${column}: ${type}`);
    this.#add("TableSymbol", "$ctor7", name, `(${columns.join(", ")})`, null);
    return analyzed;
  }

  analyze(query: string): Analyzed {
    const database = create("DatabaseSymbol", "$ctor1", "workspace", this.#members, false);
    const code = language.KustoCode.ParseAndAnalyze(query, language.GlobalState.Default.WithDatabase(database));
    const found = code.GetDiagnostics();
    const columns = code.ResultType?.Columns;
    return {
      syntax: code.Syntax,
      diagnostics: Array.from({ length: found.Count }, (_, n) => {
        const { Message, Start } = found.getItem(n);
        return `${Message} ${JSON.stringify(query.slice(Start, Start + 60))}`;
      }),
      columns: new Map(
        Array.from({ length: columns?.Count ?? 0 }, (_, n) => {
          const column = columns?.getItem(n);
          return [column?.Name ?? "", column?.Type.Name ?? ""];
        }),
      ),
    };
  }

  #add(...symbol: Parameters<typeof create>): void {
    this.#members.push(create(...symbol));
  }
}

function create(symbol: keyof Language["Symbols"], overload: string, ...args: unknown[]): object {
  const Made = language.Symbols[symbol][overload];
  if (Made === undefined) throw new Error(`Kusto's ${symbol} has no ${overload}: its version is another one`);
  return new Made(...args);
}
