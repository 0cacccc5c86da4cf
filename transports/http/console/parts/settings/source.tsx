/** @jsxImportSource hono/jsx */
/** Where a setting comes from, and how one that is set outside of the console can be set here. */
import { Icon } from "../icon.tsx";
import { Notice } from "../words.tsx";
import type { Section, SectionField } from "./field-spec.ts";

type Place = Pick<SectionField, "source" | "setting" | "pinned" | "value">;

/** Beside the label. */
export const Source = ({ source, setting, pinned, value }: Place) => {
  // What is not given at all has its default beside it.
  if (!pinned && source === "default" && value === undefined) return null;
  if (!pinned) return <span class="tiny quiet">{source === "default" ? "default" : "saved here"}</span>;
  const isFile = source.startsWith("/") || /\.(?:json|production)\b/.test(source);
  return (
    <span class="pin" title={`Set in ${source}, so it is changed there`}>
      <Icon n="lock" s={12} />
      {isFile ? "file" : source}, <code>{isFile ? source.split("/").at(-1) : setting}</code>
    </span>
  );
};

/** How the pinned ones among these fields are set here instead, one sentence for each place. */
export const PinnedNotice = ({ section, names }: { section: Section; names: readonly string[] }) => {
  const pinned = names.flatMap((name) => {
    const field = section.fields[name];
    return field?.pinned ? [field] : [];
  });
  if (pinned.length === 0) return null;
  const places = Map.groupBy(pinned, ({ source }) => source.replace(/ line \d+$/, ""));
  return (
    <Notice kind="idle">
      <b>{pinned.length === 1 ? "1 setting is" : `${pinned.length} settings are`} read-only here.</b>{" "}
      {[...places].map(([source, fields]) => (
        <>
          <Names settings={fields.map(({ setting }) => setting)} />{" "}
          {source === "environment" ? (
            <>
              {fields.length === 1 ? "stands" : "stand"} in the environment of the service: take{" "}
              {fields.length === 1 ? "it" : "them"} out of there and restart it, then the values saved here count.{" "}
            </>
          ) : (
            <>
              {fields.length === 1 ? "stands" : "stand"} in <code>{source}</code>: take{" "}
              {fields.length === 1 ? "it" : "them"} out of there and call <code>rhythmx reload</code>, then the values
              saved here count.{" "}
            </>
          )}
        </>
      ))}
    </Notice>
  );
};

const Names = ({ settings }: { settings: readonly string[] }) => (
  <>
    {settings.map((setting, index) => (
      <>
        {index === 0 ? "" : ", "}
        <code>{setting}</code>
      </>
    ))}
  </>
);
