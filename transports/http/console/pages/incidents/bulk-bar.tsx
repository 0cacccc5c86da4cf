/** @jsxImportSource hono/jsx */
/** What can be done with the incidents that are ticked. It shows while one is; the check boxes belong to its form. */
import { may } from "../../../../../core/access/caller.ts";
import { incidentStatuses } from "../../../../../core/incident.ts";
import { Form } from "../../parts/form.tsx";
import { words } from "../../parts/severity.tsx";
import { useViewing } from "../../parts/viewing.ts";
import type { ConsoleCaller } from "../../ports.ts";
import type { View } from "./asked.ts";

interface BulkProps {
  here: string;
  view: View;
  people: readonly string[];
  caller: ConsoleCaller;
}

export const BulkBar = ({ here, view, people, caller }: BulkProps) => {
  const { people: names } = useViewing();
  const isFinished = view.id === "finished";
  return (
    <Form id="bulk" action="/console/incidents/change" class="bulk" label="Selected incidents" renews="#list">
      <input type="hidden" name="to" value={here} />
      <b class="ticked">selected</b>
      {people.includes(caller.name) ? (
        <button class="btn" name="do" value="mine" data-key="a" data-of-rows>
          Assign to me
        </button>
      ) : null}
      <button type="button" class="btn" popovertarget="bulk-owner">
        Assign …
      </button>
      <button type="button" class="btn" popovertarget="bulk-status" data-key="s" data-of-rows>
        Status …
      </button>
      {may(caller, "exceptions:write") ? (
        <button class="btn" formaction="/console/incidents/exception">
          Exception …
        </button>
      ) : null}
      <button type="reset" class="btn plain">
        Clear
      </button>
      <div popover="auto" id="bulk-owner" class="pop ask" role="dialog" aria-label="Assign the selected incidents">
        <div class="form one">
          <h2>Assign the selected incidents</h2>
          <label>
            <span>To whom</span>
            <select class="field" name="owner" autofocus>
              <option value="">Nobody</option>
              {people.map((login) => (
                <option value={login}>{names.get(login.toLowerCase()) ?? login}</option>
              ))}
            </select>
          </label>
          <button class="btn primary" name="do" value="assign">
            Assign
          </button>
        </div>
      </div>
      <div popover="auto" id="bulk-status" class="pop ask" role="dialog" aria-label="Status of the selected incidents">
        <div class="form one">
          <h2>Status of the selected incidents</h2>
          <label>
            <span>Status</span>
            <select class="field" name="status" autofocus>
              {incidentStatuses.map((status) => (
                <option value={status} selected={status === (isFinished ? "OPEN" : "IN_PROGRESS")}>
                  {words(status)}
                </option>
              ))}
            </select>
          </label>
          <label>
            <span>Why</span>
            <textarea class="field" name="notes" rows={3} maxlength={10_000}></textarea>
            <span class="hint">Kept as the resolution when it closes them, else among their notes.</span>
          </label>
          <button class="btn primary" name="do" value="status">
            Set status
          </button>
        </div>
      </div>
    </Form>
  );
};
