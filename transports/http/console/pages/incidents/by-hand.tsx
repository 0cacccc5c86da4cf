/** @jsxImportSource hono/jsx */
/** `/incidents/new`: an incident of an actor whose detections alone have not made one. */
import { type Action, page } from "../../page.ts";
import { Field, Select } from "../../parts/field.tsx";
import { Form } from "../../parts/form.tsx";
import { Empty } from "../../parts/words.tsx";

interface Data {
  /** Null = too many to choose from. */
  entities: string[] | null;
  /** From the address. */
  entity: string;
  actor: string;
}

export const byHandPage = page<Data>({
  path: "/incidents/new",
  permission: "promote",
  at: "/incidents",
  title: () => "New incident by hand",
  load: async ({ caller, ports, url }) => ({
    entities: await ports.overview.entities(caller),
    entity: url.searchParams.get("entity") ?? "",
    actor: (url.searchParams.get("actor") ?? "").slice(0, 256),
  }),
  view: ({ entities, entity, actor }) => (
    <section class="panel words" aria-labelledby="by-hand">
      <h1 id="by-hand">New incident by hand</h1>
      <p class="small soft">
        For an actor that is worth looking at although its score has not made an incident. What was detected of it so
        far is its evidence.
      </p>
      {entities?.length === 0 ? (
        <Empty icon="user" title="Nothing was detected yet, so there is no actor to choose." />
      ) : (
        <Form action="/console/incidents/new" class="form one by-hand">
          {entities === null ? (
            <Field label="Entity" name="entity" value={entity} hint="As detections name it." maxlength={256} required />
          ) : (
            <Select
              label="Entity"
              name="entity"
              value={entity}
              options={entities.map((name) => [name, name] as const)}
            />
          )}
          <Field
            label="Actor"
            name="actor"
            value={actor}
            hint="User, host or address, in any spelling."
            maxlength={256}
            required
          />
          <label>
            <span>Reason</span>
            <textarea class="field" name="reason" rows={3} maxlength={2_000} required></textarea>
            <span class="hint">Kept in the incident's history, and told in its ticket.</span>
          </label>
          <p class="row">
            <button class="btn primary">Make the incident</button>
            <a class="btn plain" href="/incidents">
              Back to the incidents
            </a>
          </p>
        </Form>
      )}
    </section>
  ),
});

export const byHandAction: Action = {
  path: "/console/incidents/new",
  permission: "promote",
  run: async ({ form, caller, ports }) => {
    const row = await ports.api.investigation.promote(caller, {
      entity: form.required("entity", 256),
      actor: form.required("actor", 256),
      reason: form.required("reason", 2_000),
    });
    const { incident_id: id } = JSON.parse(row) as { incident_id: string };
    return { to: `/incidents/${id}`, said: `${id} is made.` };
  },
};
