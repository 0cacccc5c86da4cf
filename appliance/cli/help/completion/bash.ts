import type { Command, Option } from "../../command.ts";
import { actionsOf, allOptions, places, quote, sourceOf } from "./words.ts";

/** Works without the package bash-completion, from bash 3.2 on. */
export function bashScript(commands: readonly Command[]): string {
  const names = [...commands.map(({ name }) => name), "help"].join(" ");
  const actions = commands.flatMap((command) => {
    const all = actionsOf(command).map(({ name }) => name);
    return all.length === 0 ? [] : [`    ${command.name}) actions=${quote(all.join(" "))} ;;`];
  });
  const usual = commands.flatMap(({ name, usual }) => (usual ? [`    ${name}) usual=${usual} ;;`] : []));
  const own = places(commands).map(({ path, action }) => {
    const options = allOptions(action);
    const withValue = Object.entries(options).filter(([, { value }]) => value !== undefined);
    const values = withValue.map(([name, option]) => `        --${name}) ${source(option)} ;;`);
    const given = action.arguments.map(
      (argument, index) => `        ${argument.many ? "[0-9]*" : index}) ${source(argument)} ;;`,
    );
    return `    ${quote(path.join(" "))})
      options=${quote(
        Object.keys(options)
          .map((name) => `--${name}`)
          .join(" "),
      )}
      takes=${quote(` ${withValue.map(([name]) => `--${name}`).join(" ")} `)}
      case $1 in
${[...values, ...given].join("\n")}
      esac
      ;;`;
  });
  return `# Completion of rhythmx for bash. Made by \`rhythmx completion bash\`.

# Words that complete the current one.
_rhythmx_words() {
  local IFS=$'\\n'
  COMPREPLY=($(compgen -W "$1" -- "$cur"))
}

# Names that there are at present; quoted, because they may hold blanks.
_rhythmx_names() {
  local name
  COMPREPLY=()
  while IFS= read -r name; do
    [[ $name == "$cur"* ]] && COMPREPLY+=("$(printf %q "$name")")
  done < <(rhythmx completion --values "$1" 2>/dev/null)
}

_rhythmx_files() {
  compopt -o filenames 2>/dev/null
  COMPREPLY=($(compgen -f -- "$cur"))
}

_rhythmx_folders() {
  compopt -o filenames 2>/dev/null
  COMPREPLY=($(compgen -d -- "$cur"))
}

# The values that may follow a comma.
_rhythmx_list() {
  local before='' last=$cur
  if [[ $cur == *,* ]]; then before=\${cur%,*},; last=\${cur##*,}; fi
  COMPREPLY=($(compgen -P "$before" -W "$1" -- "$last"))
}

# What is known of a place: its options, those that take a value, and what the option or the argument of this number is completed from.
_rhythmx_place() {
  case $place in
${own.join("\n")}
    *) options='--help --color' ;;
  esac
}

_rhythmx() {
  # Bash breaks words at : and =, which names and options contain.
  local words=() word index joined=0
  for ((index = 0; index <= COMP_CWORD; index++)); do
    word=\${COMP_WORDS[index]}
    if ((index > 1)) && { [[ $word == [:=]* ]] || ((joined)); }; then
      words[\${#words[@]} - 1]+=$word
    else
      words+=("$word")
    fi
    if [[ $word == *[:=] ]]; then joined=1; else joined=0; fi
  done
  local last=$((\${#words[@]} - 1))
  local cur=\${words[last]} prefix=''
  local command='' place='' actions='' usual='' options='' takes='' number=0 before=''
  for ((index = 1; index < last; index++)); do
    word=\${words[index]}
    if [[ -n $before ]]; then before=''; continue; fi
    if [[ $word == -* ]]; then
      _rhythmx_place ''
      if [[ $takes == *" $word "* || $word == --color ]]; then before=$word; fi
      continue
    fi
    if [[ -z $command ]]; then
      command=$word
      case $command in
${actions.join("\n")}
      esac
      case $command in
${usual.join("\n")}
      esac
      place=$command\${usual:+ $usual}
    elif [[ -n $actions && $number == 0 && " $actions " == *" $word "* ]]; then
      place="$command $word"
      actions=''
    else
      number=$((number + 1))
    fi
  done
  COMPREPLY=()
  if [[ -z $before && $cur == --*=* ]]; then
    before=\${cur%%=*}
    prefix=$before=
    cur=\${cur#*=}
  fi
  if [[ $before == --color ]]; then
    _rhythmx_words $'auto\\nalways\\nnever'
  elif [[ -n $before ]]; then
    _rhythmx_place "$before"
  elif [[ -z $command ]]; then
    if [[ $cur == -* ]]; then COMPREPLY=($(compgen -W '--help --version --color' -- "$cur"))
    else COMPREPLY=($(compgen -W ${quote(names)} -- "$cur")); fi
  elif [[ $command == help ]]; then
    if [[ $number == 0 ]]; then COMPREPLY=($(compgen -W ${quote(names)} -- "$cur")); fi
  elif [[ $cur == -* ]]; then
    _rhythmx_place ''
    COMPREPLY=($(compgen -W "$options" -- "$cur"))
  elif [[ -n $actions && $number == 0 ]]; then
    COMPREPLY=($(compgen -W "$actions" -- "$cur"))
  else
    _rhythmx_place "$number"
  fi
  # What bash has broken off before the current word is not to be repeated.
  local whole=$prefix$cur cut
  cut=\${whole%"\${whole##*[:=]}"}
  if [[ -n $cut && $COMP_WORDBREAKS == *[:=]* ]]; then
    for index in "\${!COMPREPLY[@]}"; do
      COMPREPLY[index]=$prefix\${COMPREPLY[index]}
      COMPREPLY[index]=\${COMPREPLY[index]#"$cut"}
    done
  fi
}

complete -F _rhythmx rhythmx
`;
}

function source(one: Pick<Option, "choices" | "completes" | "value">): string {
  const from = sourceOf(one);
  if (from === undefined) return ":";
  if (from === "file") return "_rhythmx_files";
  if (from === "folder") return "_rhythmx_folders";
  if (from === "command") return `_rhythmx_words "$names"`;
  if (typeof from === "string") return `_rhythmx_names ${from}`;
  return one.value?.includes("[,") ? `_rhythmx_list ${quote(from.join(" "))}` : `_rhythmx_words $'${from.join("\\n")}'`;
}
