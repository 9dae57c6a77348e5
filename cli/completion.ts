// Shell completion for three shells, generated from the command's own list of commands.
import type { Command } from 'commander';

export const shells = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof shells)[number];

interface Known {
  name: string;
  summary: string;
  flags: readonly { long: string; summary: string }[];
}

export function completion(program: Command, shell: Shell): string {
  const commands = program.commands.map(
    (command): Known => ({
      name: command.name(),
      summary: command.summary() || command.description(),
      flags: command.options.flatMap(({ long, description }) =>
        long ? [{ long, summary: description }] : [],
      ),
    }),
  );
  switch (shell) {
    case 'bash':
      return bash(commands);
    case 'zsh':
      return zsh(commands);
    case 'fish':
      return fish(commands);
  }
}

const bash = (commands: readonly Known[]) => `# source <(reclaim completion bash)
_reclaim() {
  local word="\${COMP_WORDS[COMP_CWORD]}" words
  case "\${COMP_WORDS[1]}" in
${commands.map(({ name, flags }) => `    ${name}) words="${flags.map(({ long }) => long).join(' ')}" ;;`).join('\n')}
    *) words="" ;;
  esac
  [ "$COMP_CWORD" -eq 1 ] && words="${commands.map(({ name }) => name).join(' ')}"
  COMPREPLY=($(compgen -W "$words" -- "$word"))
}
complete -F _reclaim reclaim
`;

const quoted = (text: string) => text.replaceAll(/[[\]':\\]/g, '');

const zsh = (commands: readonly Known[]) => `#compdef reclaim
# source <(reclaim completion zsh)
_reclaim() {
  if (( CURRENT == 2 )); then
    local -a commands=(
${commands.map(({ name, summary }) => `      '${name}:${quoted(summary)}'`).join('\n')}
    )
    _describe command commands
    return
  fi
  case "$words[2]" in
${commands.map(({ name, flags }) => `    ${name}) _arguments ${flags.map(({ long, summary }) => `'${long}[${quoted(summary)}]'`).join(' ')} ;;`).join('\n')}
  esac
}
compdef _reclaim reclaim
`;

const fish = (commands: readonly Known[]) => `# reclaim completion fish | source
complete -c reclaim -f
${commands.map(({ name, summary }) => `complete -c reclaim -n __fish_use_subcommand -a ${name} -d '${quoted(summary)}'`).join('\n')}
${commands
  .flatMap(({ name, flags }) =>
    flags.map(
      ({ long, summary }) =>
        `complete -c reclaim -n '__fish_seen_subcommand_from ${name}' -l ${long.slice(2)} -d '${quoted(summary)}'`,
    ),
  )
  .join('\n')}
`;
