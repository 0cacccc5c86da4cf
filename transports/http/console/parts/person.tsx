/** @jsxImportSource hono/jsx */
/** People by their display names; the login is in the title. */
import { Icon } from "./icon.tsx";
import { useViewing } from "./viewing.ts";

const programs: ReadonlyMap<string, string> = new Map([["rhythmx", "RhythmX"]]);

function useName(login: string): string {
  return useViewing().people.get(login.toLowerCase()) ?? programs.get(login) ?? login;
}

export const Person = ({ login }: { login: string }) => <span title={login}>{useName(login)}</span>;

/** Two letters in a circle; null = nobody. */
export const Who = ({ login }: { login: string | null }) => {
  if (login === null)
    return (
      <span class="who none" title="nobody">
        <Icon n="user-plus" s={12} />
        <span class="vh">nobody</span>
      </span>
    );
  return <Initials login={login} />;
};

const Initials = ({ login }: { login: string }) => {
  const name = useName(login);
  const parts = name.split(/[\s._@-]+/).filter((part) => part !== "");
  const letters = parts.slice(0, 2).map((part) => [...part][0]?.toUpperCase() ?? "");
  return (
    <span class="who" title={name === login ? login : `${name} (${login})`}>
      <span aria-hidden="true">{letters.join("")}</span>
      <span class="vh">{name}</span>
    </span>
  );
};
