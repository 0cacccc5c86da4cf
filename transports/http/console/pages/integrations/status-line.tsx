/** @jsxImportSource hono/jsx */
/** Configured, Enabled, Last Test; and the steps of a test, each with what was found. */
import type { Child } from "hono/jsx";
import { Form } from "../../parts/form.tsx";
import { Icon } from "../../parts/icon.tsx";
import { State } from "../../parts/state.tsx";
import { Time } from "../../parts/time.tsx";
import { integrationOf } from "./catalogue.ts";
import type { LastTest } from "./integration-state.ts";

interface StatusProps {
  configured: Child;
  enabled: boolean;
  test: LastTest | null;
  children?: Child;
}

export const StatusLine = ({ configured, enabled, test, children }: StatusProps) => (
  <div class="status3">
    <dl>
      <div>
        <dt>Configured</dt>
        <dd>{configured}</dd>
      </div>
      <div>
        <dt>Enabled</dt>
        <dd>{enabled ? <State kind="good">Yes</State> : <State kind="idle">No</State>}</dd>
      </div>
      <div>
        <dt>Last Test</dt>
        <dd>
          <Tested test={test} />
        </dd>
      </div>
    </dl>
    {children === undefined ? null : <div class="push">{children}</div>}
  </div>
);

const Tested = ({ test }: { test: LastTest | null }) => {
  if (test === null) return <span class="quiet">never</span>;
  const failed = test.steps.filter(({ ok }) => !ok).length;
  const remarks = test.steps.filter(({ ok, warning }) => ok && warning === true).length;
  const kind = failed > 0 ? "bad" : remarks > 0 ? "wait" : "good";
  const said =
    failed > 0 ? `${failed} of ${test.steps.length} failed` : remarks > 0 ? `passed with ${remarks} remarks` : "passed";
  return (
    <State kind={kind}>
      <span>
        <Time at={test.at} seconds />, {remarks === 1 && failed === 0 ? "passed with 1 remark" : said}
      </span>
    </State>
  );
};

/** To the page where it is set up, for those who may; nothing where there is none yet. */
export const SetUpLink = ({ id, mayTest, configured }: { id: string; mayTest: boolean; configured: boolean }) => {
  const path = integrationOf(id)?.path ?? null;
  if (!mayTest || path === null) return null;
  return (
    <a class="btn" href={path}>
      {configured ? "Settings" : "Set up"}
    </a>
  );
};

/** Tries the settings in force; what they are is not changed by it. */
export const TestButton = ({ section, name, to }: { section: string; name: string; to?: string }) => (
  <Form action={`/console/integrations/${section}/test`} label={`Test Connection of ${name}`}>
    {to === undefined ? null : <input type="hidden" name="to" value={to} />}
    <button class="btn">
      <Icon n="flask-conical" />
      Test Connection
    </button>
  </Form>
);
