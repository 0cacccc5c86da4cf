/** @jsxImportSource hono/jsx */
/** What to do on an appliance to which nothing has come yet: three commands, in order. */

import { Panel } from "../words.tsx";
import { SampleOffer } from "./sample.tsx";

/** `address`: under which the person has reached the console. `mayTry`: whether the person may have sample data shown. */
export const FirstSteps = ({ address, mayTry }: { address: string; mayTry: boolean }) => (
  <Panel title="The first detection in three steps" id="first-steps">
    <ol class="body first-steps">
      <li>
        <p>
          {mayTry ? (
            <>
              <a href="/keys/new">Make a key for the sender</a>, which may send detections and alarms. It is shown once.
              By command:
            </>
          ) : (
            "Make a key for the sender. It is printed once."
          )}
        </p>
        <pre class="raw">rhythmx key create sigma --scope ingest</pre>
      </li>
      <li>
        <p>
          Send what your detection engine found: one JSON object a line, of Sigma engines, Elastic, Wazuh or our own
          shape.
        </p>
        <pre class="raw">{`curl -H "X-API-Key: $KEY" -H "Content-Type: application/x-ndjson" \\
  --data-binary @detections.ndjson "${address}/api/v1/ingest/detections?format=auto"`}</pre>
      </li>
      <li>
        <p>Or read files that are on this machine already.</p>
        <pre class="raw">rhythmx import detections.ndjson</pre>
      </li>
    </ol>
    {mayTry ? <SampleOffer /> : null}
  </Panel>
);
