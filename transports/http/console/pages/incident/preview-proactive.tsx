/** @jsxImportSource hono/jsx */
/** A Proactive Case as its HTML. It stands in a frame without any right, so that nothing in it could act even if it were markup. */

export const ProactiveCase = ({ payload }: { payload: Record<string, unknown> }) => {
  const { shortDescription, description, ...others } = payload;
  return (
    <div class="issue">
      <div>
        <p class="tiny quiet">New case</p>
        <h2 class="any">{String(shortDescription ?? "")}</h2>
        <iframe class="case" sandbox="" srcdoc={documentOf(String(description ?? ""))} title="The case's description" />
      </div>
      <div>
        <dl class="kv">
          {Object.entries(others).map(([name, value]) => (
            <>
              <dt class="any">{name}</dt>
              <dd class="any">{String(value)}</dd>
            </>
          ))}
        </dl>
      </div>
    </div>
  );
};

/**
 * `html`: as the integration renders it, where every quotation mark in a text is escaped, so that only our own markup has attributes. The
 * policy of pages forbids style attributes in frames too; what they say is left to the frame's own look.
 */
function documentOf(html: string): string {
  const plain = html.replace(/ style="[^"]*"/g, "");
  return `<!doctype html><html lang="en"><head><meta name="color-scheme" content="light dark"><title>Case</title></head><body><font face="Inter, system-ui, sans-serif" size="2">${plain}</font></body></html>`;
}
