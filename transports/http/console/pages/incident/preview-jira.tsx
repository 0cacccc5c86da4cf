/** @jsxImportSource hono/jsx */
/** An issue as Jira shows it. Its document (ADF) is turned into elements here; every text in it stays text. */
import type { Child } from "hono/jsx";
import { Outside } from "../../parts/words.tsx";

interface AdfNode {
  type?: string;
  text?: string;
  marks?: { type?: string; attrs?: { href?: unknown } }[];
  content?: AdfNode[];
}

interface Fields {
  project?: { key?: string };
  summary?: unknown;
  description?: unknown;
  labels?: unknown[];
  priority?: unknown;
  issuetype?: { id?: string };
  [name: string]: unknown;
}

/** `priority`: by the target's name. */
export const JiraIssue = ({ payload, priority }: { payload: Record<string, unknown>; priority: string | null }) => {
  const { project, summary, description, labels, priority: _, issuetype, ...others } = (payload.fields ?? {}) as Fields;
  return (
    <div class="issue">
      <div>
        <p class="tiny quiet">{project?.key} / new issue</p>
        <h2 class="any">{String(summary ?? "")}</h2>
        {typeof description === "string" ? (
          <pre class="log">{description}</pre>
        ) : (
          <Adf nodes={(description as AdfNode | undefined)?.content ?? []} />
        )}
      </div>
      <div>
        <dl class="kv">
          <dt>Project</dt>
          <dd>{project?.key}</dd>
          <dt>Type</dt>
          <dd>{issuetype?.id ?? ""}</dd>
          <dt>Priority</dt>
          <dd>{priority ?? "not set"}</dd>
          <dt>Labels</dt>
          <dd class="row">
            {(labels ?? []).map((label) => (
              <span class="tag">{String(label)}</span>
            ))}
          </dd>
          {Object.entries(others).map(([name, value]) => (
            <>
              <dt class="any">{name}</dt>
              <dd class="any">{typeof value === "string" ? value : JSON.stringify(value)}</dd>
            </>
          ))}
        </dl>
      </div>
    </div>
  );
};

/** Nesting that our own documents have stays far below. */
const deepest = 20;

const Adf = ({ nodes, depth = 0 }: { nodes: readonly AdfNode[]; depth?: number }) => (
  <>{depth > deepest ? null : nodes.map((node) => element(node, depth + 1))}</>
);

function element(node: AdfNode, depth: number): Child {
  const inner = <Adf nodes={node.content ?? []} depth={depth} />;
  switch (node.type) {
    case "text":
      return marked(node);
    case "hardBreak":
      return <br />;
    case "heading":
      return <h3 class="any">{inner}</h3>;
    case "paragraph":
      return <p class="small any">{inner}</p>;
    case "bulletList":
      return <ul class="bullets any">{inner}</ul>;
    case "listItem":
      return <li>{inner}</li>;
    case "table":
      return (
        <div class="scroll" tabindex={0} role="group" aria-label="Table of the ticket">
          <table>
            <tbody>{inner}</tbody>
          </table>
        </div>
      );
    case "tableRow":
      return <tr>{inner}</tr>;
    case "tableHeader":
      return <th>{inner}</th>;
    case "tableCell":
      return <td>{inner}</td>;
    default:
      return inner;
  }
}

function marked({ text = "", marks = [] }: AdfNode): Child {
  const link = marks.find(({ type }) => type === "link");
  return link === undefined ? text : <Outside href={String(link.attrs?.href ?? "")}>{text}</Outside>;
}
