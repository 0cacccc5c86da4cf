/** @jsxImportSource hono/jsx */
/** Sample data: offered before the first real detection, and said on every page while it is shown. */
import { Form } from "../form.tsx";
import { Icon } from "../icon.tsx";

export const SampleOffer = () => (
  <Form class="form one" action="/console/sample/start" label="Sample data">
    <p class="small soft">
      Or look around first: sample incidents, cases and alerts, shown here alone. Nothing of them is sent, counted or
      kept with what is real, and they go by themselves when the first real detection comes.
    </p>
    <button class="btn">
      <Icon n="flask-conical" />
      Try it with sample data
    </button>
  </Form>
);

export const SampleBanner = ({ mayRemove }: { mayRemove: boolean }) => (
  <aside class="notice wait sample-banner" aria-label="Sample data">
    <Icon n="flask-conical" c="wait" />
    <p>
      <b>Sample data: nothing here is real.</b> It goes by itself when the first real detection comes.
    </p>
    {mayRemove ? (
      <Form action="/console/sample/remove" label="Remove sample data">
        <button class="btn mini">Remove</button>
      </Form>
    ) : null}
  </aside>
);
