/** Secrets that a command line has by their place among its words. */
import { namesSecret } from "./names.ts";
import type { Span, Word } from "./words.ts";

/** The words that are no options. */
export const positional = (words: readonly Word[], options = /^[-/]/): Word[] =>
  words.filter(({ text }) => !options.test(text));
/** The words after the first that is `word`. */
export const after = (words: readonly Word[], word: RegExp): readonly Word[] => {
  const at = words.findIndex(({ text }) => word.test(text));
  return at < 0 ? [] : words.slice(at + 1);
};
/** `NAME value`, where the name says that the value is a secret. */
export const secondIfNamed = (words: readonly Word[]): (Word | undefined)[] => {
  const [name, value] = positional(words);
  return name !== undefined && namesSecret(name.text) ? [value] : [];
};
/** The part of a word that follows a sign, such as what follows `user/`. */
export const behind = (word: Word | undefined, sign: string): Span | undefined => {
  const at = word?.text.indexOf(sign) ?? -1;
  if (word === undefined || at < 0) return undefined;
  const lead = word.quoted ? (word.end - word.start - word.text.length) >> 1 : 0;
  return { start: word.start + lead + at + sign.length, end: word.end - lead };
};

/** `net use` and `net user`; Samba's `net` takes `-U user%password`. */
export function netSecrets(words: readonly Word[]): (Span | undefined)[] {
  const [verb, ...rest] = words;
  const places = positional(rest, /^\//);
  switch (verb?.text.toLowerCase()) {
    case "user":
      return [places[1]];
    case "use":
      return places.filter(
        ({ text }, index) => !/^(?:\w:|\\|\/|https?:)/.test(text) && !(index === 0 && /^(?:\*|lpt\d:?)$/i.test(text)),
      );
    default:
      return [
        behind(after(words, /^(?:-U|--user)$/)[0], "%"),
        behind(
          words.find(({ text }) => /^(?:-U.|--user=)/.test(text)),
          "%",
        ),
      ];
  }
}

/** `user/password@database`, but not `/ as sysdba`. */
export function oracleLogin(words: readonly Word[]): (Span | undefined)[] {
  const login = words.find(({ text }) => /^(?:userid=|target=)?"?[\w$.-]+\/[^\s/]+/i.test(text) && !/^-/.test(text));
  return [behind(login, "/")].map((span) => {
    const at = login === undefined ? -1 : login.text.lastIndexOf("@");
    return span === undefined || login === undefined || at < 0
      ? span
      : { start: span.start, end: login.start + at + (login.quoted ? 1 : 0) };
  });
}

/** `DOMAIN/user:password@host`, also where the host is left out. */
export function impacketTarget(words: readonly Word[]): (Span | undefined)[] {
  const target = words.find(
    ({ text }) =>
      /^(?:[\w.-]*[\\/]{1,2})?[\w.$-]+:(?![\\/]).+/.test(text) && !/^[-:]/.test(text) && !/^[\d.]+:\d+$/.test(text),
  );
  if (target === undefined) return [];
  const span = behind(target, ":");
  const at = target.text.lastIndexOf("@");
  return [
    span === undefined || at < 0 ? span : { start: span.start, end: target.start + at + (target.quoted ? 1 : 0) },
  ];
}

/** `--from-literal=name=value`. */
export function literalValues(words: readonly Word[]): (Span | undefined)[] {
  const option = "--from-literal=";
  return words
    .filter(({ text }) => text.startsWith(option) && text.includes("=", option.length))
    .map(({ start, end, text }) => ({ start: start + text.indexOf("=", option.length) + 1, end }));
}
