#compdef isobar

_isobar() {
  local context state line
  typeset -A opt_args
  _arguments -s -S -C \
    '(-c --config)-c+[Read this configuration]:FILE:_files' \
    '(-c --config)--config=[Read this configuration]:FILE:_files' \
    '(-q --quiet)-q[Say nothing but errors]' \
    '(-q --quiet)--quiet[Say nothing but errors]' \
    '*-v[Say more\: a line for each path]' \
    '*--verbose[Say more\: a line for each path]' \
    '(--color --no-color)--color[Use colours]' \
    '(--color --no-color)--no-color[Use colours]' \
    '--log-file=[Append a log to this file, which rotates by size and age]:FILE:_files' \
    '--log-level=[What the log file holds]:LEVEL:(trace debug info notice warning error)' \
    '--version[Show the version and exit]' \
    '(-h --help)-h[Show help and exit]' \
    '(-h --help)--help[Show help and exit]' \
    '1:command:->command' \
    '*::argument:->arguments'
  case $state in
    command)
      local -a commands=(
        'status:Show how the pairs stand: in step, last run, conflicts, failures'
        'history:Show past runs, and what one of them did'
        'conflicts:Show and settle paths that changed on both sides'
        'trash:See, bring back and clear what runs deleted or replaced'
        'state:Check and repair what is remembered between runs'
        'completions:Print the completion script of a shell'
        'man:Print the manual page'
        'version:Show the version'
        'help:Show help'
      )
      _describe -t commands command commands
      ;;
    arguments)
      case $words[1] in
        'status') _isobar_status ;;
        'history') _isobar_history ;;
        'conflicts') _isobar_conflicts ;;
        'trash') _isobar_trash ;;
        'state') _isobar_state ;;
        'completions') _isobar_completions ;;
        'man') _isobar_man ;;
        'version') _isobar_version ;;
      esac
      ;;
  esac
}

_isobar_status() {
  _arguments -s -S \
    '--json[Print one JSON object at the end instead of text; errors too]' \
    '--state=[Keep what is remembered between runs in this folder]:DIR:_files' \
    '(-p --pair)-p+[A pair of the configuration]:NAME: ' \
    '(-p --pair)--pair=[A pair of the configuration]:NAME: ' \
    '(-c --config)-c+[Read this configuration]:FILE:_files' \
    '(-c --config)--config=[Read this configuration]:FILE:_files' \
    '(-q --quiet)-q[Say nothing but errors]' \
    '(-q --quiet)--quiet[Say nothing but errors]' \
    '*-v[Say more\: a line for each path]' \
    '*--verbose[Say more\: a line for each path]' \
    '(--color --no-color)--color[Use colours]' \
    '(--color --no-color)--no-color[Use colours]' \
    '--log-file=[Append a log to this file, which rotates by size and age]:FILE:_files' \
    '--log-level=[What the log file holds]:LEVEL:(trace debug info notice warning error)' \
    '(-h --help)-h[Show help and exit]' \
    '(-h --help)--help[Show help and exit]'
}

_isobar_history() {
  _arguments -s -S \
    '--json[Print one JSON object at the end instead of text; errors too]' \
    '--state=[Keep what is remembered between runs in this folder]:DIR:_files' \
    '(-l --limit)-l+[Show at most this many runs of a pair]:N: ' \
    '(-l --limit)--limit=[Show at most this many runs of a pair]:N: ' \
    '(-p --pair)-p+[A pair of the configuration]:NAME: ' \
    '(-p --pair)--pair=[A pair of the configuration]:NAME: ' \
    '(-c --config)-c+[Read this configuration]:FILE:_files' \
    '(-c --config)--config=[Read this configuration]:FILE:_files' \
    '(-q --quiet)-q[Say nothing but errors]' \
    '(-q --quiet)--quiet[Say nothing but errors]' \
    '*-v[Say more\: a line for each path]' \
    '*--verbose[Say more\: a line for each path]' \
    '(--color --no-color)--color[Use colours]' \
    '(--color --no-color)--no-color[Use colours]' \
    '--log-file=[Append a log to this file, which rotates by size and age]:FILE:_files' \
    '--log-level=[What the log file holds]:LEVEL:(trace debug info notice warning error)' \
    '(-h --help)-h[Show help and exit]' \
    '(-h --help)--help[Show help and exit]' \
    '::RUN: '
}

_isobar_conflicts() {
  local context state line
  typeset -A opt_args
  _arguments -s -S -C \
    '(-c --config)-c+[Read this configuration]:FILE:_files' \
    '(-c --config)--config=[Read this configuration]:FILE:_files' \
    '(-q --quiet)-q[Say nothing but errors]' \
    '(-q --quiet)--quiet[Say nothing but errors]' \
    '*-v[Say more\: a line for each path]' \
    '*--verbose[Say more\: a line for each path]' \
    '(--color --no-color)--color[Use colours]' \
    '(--color --no-color)--no-color[Use colours]' \
    '--log-file=[Append a log to this file, which rotates by size and age]:FILE:_files' \
    '--log-level=[What the log file holds]:LEVEL:(trace debug info notice warning error)' \
    '(-h --help)-h[Show help and exit]' \
    '(-h --help)--help[Show help and exit]' \
    '1:command:->command' \
    '*::argument:->arguments'
  case $state in
    command)
      local -a commands=(
        'list:List conflicts that wait for a decision'
        'show:Show what both sides of a conflict have'
      )
      _describe -t commands command commands
      ;;
    arguments)
      case $words[1] in
        'list') _isobar_conflicts_list ;;
        'show') _isobar_conflicts_show ;;
      esac
      ;;
  esac
}

_isobar_conflicts_list() {
  _arguments -s -S \
    '--json[Print one JSON object at the end instead of text; errors too]' \
    '--state=[Keep what is remembered between runs in this folder]:DIR:_files' \
    '(-a --all)-a[List settled ones too]' \
    '(-a --all)--all[List settled ones too]' \
    '(-p --pair)-p+[A pair of the configuration]:NAME: ' \
    '(-p --pair)--pair=[A pair of the configuration]:NAME: ' \
    '(-c --config)-c+[Read this configuration]:FILE:_files' \
    '(-c --config)--config=[Read this configuration]:FILE:_files' \
    '(-q --quiet)-q[Say nothing but errors]' \
    '(-q --quiet)--quiet[Say nothing but errors]' \
    '*-v[Say more\: a line for each path]' \
    '*--verbose[Say more\: a line for each path]' \
    '(--color --no-color)--color[Use colours]' \
    '(--color --no-color)--no-color[Use colours]' \
    '--log-file=[Append a log to this file, which rotates by size and age]:FILE:_files' \
    '--log-level=[What the log file holds]:LEVEL:(trace debug info notice warning error)' \
    '(-h --help)-h[Show help and exit]' \
    '(-h --help)--help[Show help and exit]'
}

_isobar_conflicts_show() {
  _arguments -s -S \
    '--json[Print one JSON object at the end instead of text; errors too]' \
    '--state=[Keep what is remembered between runs in this folder]:DIR:_files' \
    '(-p --pair)-p+[A pair of the configuration]:NAME: ' \
    '(-p --pair)--pair=[A pair of the configuration]:NAME: ' \
    '(-c --config)-c+[Read this configuration]:FILE:_files' \
    '(-c --config)--config=[Read this configuration]:FILE:_files' \
    '(-q --quiet)-q[Say nothing but errors]' \
    '(-q --quiet)--quiet[Say nothing but errors]' \
    '*-v[Say more\: a line for each path]' \
    '*--verbose[Say more\: a line for each path]' \
    '(--color --no-color)--color[Use colours]' \
    '(--color --no-color)--no-color[Use colours]' \
    '--log-file=[Append a log to this file, which rotates by size and age]:FILE:_files' \
    '--log-level=[What the log file holds]:LEVEL:(trace debug info notice warning error)' \
    '(-h --help)-h[Show help and exit]' \
    '(-h --help)--help[Show help and exit]' \
    ':CONFLICT: '
}

_isobar_trash() {
  local context state line
  typeset -A opt_args
  _arguments -s -S -C \
    '(-c --config)-c+[Read this configuration]:FILE:_files' \
    '(-c --config)--config=[Read this configuration]:FILE:_files' \
    '(-q --quiet)-q[Say nothing but errors]' \
    '(-q --quiet)--quiet[Say nothing but errors]' \
    '*-v[Say more\: a line for each path]' \
    '*--verbose[Say more\: a line for each path]' \
    '(--color --no-color)--color[Use colours]' \
    '(--color --no-color)--no-color[Use colours]' \
    '--log-file=[Append a log to this file, which rotates by size and age]:FILE:_files' \
    '--log-level=[What the log file holds]:LEVEL:(trace debug info notice warning error)' \
    '(-h --help)-h[Show help and exit]' \
    '(-h --help)--help[Show help and exit]' \
    '1:command:->command' \
    '*::argument:->arguments'
  case $state in
    command)
      local -a commands=(
        'list:List what runs deleted or replaced and can be brought back'
      )
      _describe -t commands command commands
      ;;
    arguments)
      case $words[1] in
        'list') _isobar_trash_list ;;
      esac
      ;;
  esac
}

_isobar_trash_list() {
  _arguments -s -S \
    '--json[Print one JSON object at the end instead of text; errors too]' \
    '--state=[Keep what is remembered between runs in this folder]:DIR:_files' \
    '--run=[Only what this run took away]:N: ' \
    '(-p --pair)-p+[A pair of the configuration]:NAME: ' \
    '(-p --pair)--pair=[A pair of the configuration]:NAME: ' \
    '(-c --config)-c+[Read this configuration]:FILE:_files' \
    '(-c --config)--config=[Read this configuration]:FILE:_files' \
    '(-q --quiet)-q[Say nothing but errors]' \
    '(-q --quiet)--quiet[Say nothing but errors]' \
    '*-v[Say more\: a line for each path]' \
    '*--verbose[Say more\: a line for each path]' \
    '(--color --no-color)--color[Use colours]' \
    '(--color --no-color)--no-color[Use colours]' \
    '--log-file=[Append a log to this file, which rotates by size and age]:FILE:_files' \
    '--log-level=[What the log file holds]:LEVEL:(trace debug info notice warning error)' \
    '(-h --help)-h[Show help and exit]' \
    '(-h --help)--help[Show help and exit]' \
    '::PATH: '
}

_isobar_state() {
  local context state line
  typeset -A opt_args
  _arguments -s -S -C \
    '(-c --config)-c+[Read this configuration]:FILE:_files' \
    '(-c --config)--config=[Read this configuration]:FILE:_files' \
    '(-q --quiet)-q[Say nothing but errors]' \
    '(-q --quiet)--quiet[Say nothing but errors]' \
    '*-v[Say more\: a line for each path]' \
    '*--verbose[Say more\: a line for each path]' \
    '(--color --no-color)--color[Use colours]' \
    '(--color --no-color)--no-color[Use colours]' \
    '--log-file=[Append a log to this file, which rotates by size and age]:FILE:_files' \
    '--log-level=[What the log file holds]:LEVEL:(trace debug info notice warning error)' \
    '(-h --help)-h[Show help and exit]' \
    '(-h --help)--help[Show help and exit]' \
    '1:command:->command' \
    '*::argument:->arguments'
  case $state in
    command)
      local -a commands=(
        'check:Read all that is remembered and look for damage'
        'rebuild:Start a pair'\''s state afresh, keeping what can be saved'
      )
      _describe -t commands command commands
      ;;
    arguments)
      case $words[1] in
        'check') _isobar_state_check ;;
        'rebuild') _isobar_state_rebuild ;;
      esac
      ;;
  esac
}

_isobar_state_check() {
  _arguments -s -S \
    '--json[Print one JSON object at the end instead of text; errors too]' \
    '--state=[Keep what is remembered between runs in this folder]:DIR:_files' \
    '(-p --pair)-p+[A pair of the configuration]:NAME: ' \
    '(-p --pair)--pair=[A pair of the configuration]:NAME: ' \
    '(-c --config)-c+[Read this configuration]:FILE:_files' \
    '(-c --config)--config=[Read this configuration]:FILE:_files' \
    '(-q --quiet)-q[Say nothing but errors]' \
    '(-q --quiet)--quiet[Say nothing but errors]' \
    '*-v[Say more\: a line for each path]' \
    '*--verbose[Say more\: a line for each path]' \
    '(--color --no-color)--color[Use colours]' \
    '(--color --no-color)--no-color[Use colours]' \
    '--log-file=[Append a log to this file, which rotates by size and age]:FILE:_files' \
    '--log-level=[What the log file holds]:LEVEL:(trace debug info notice warning error)' \
    '(-h --help)-h[Show help and exit]' \
    '(-h --help)--help[Show help and exit]'
}

_isobar_state_rebuild() {
  _arguments -s -S \
    '--json[Print one JSON object at the end instead of text; errors too]' \
    '--state=[Keep what is remembered between runs in this folder]:DIR:_files' \
    '(-p --pair)-p+[A pair of the configuration]:NAME: ' \
    '(-p --pair)--pair=[A pair of the configuration]:NAME: ' \
    '(-c --config)-c+[Read this configuration]:FILE:_files' \
    '(-c --config)--config=[Read this configuration]:FILE:_files' \
    '(-q --quiet)-q[Say nothing but errors]' \
    '(-q --quiet)--quiet[Say nothing but errors]' \
    '*-v[Say more\: a line for each path]' \
    '*--verbose[Say more\: a line for each path]' \
    '(--color --no-color)--color[Use colours]' \
    '(--color --no-color)--no-color[Use colours]' \
    '--log-file=[Append a log to this file, which rotates by size and age]:FILE:_files' \
    '--log-level=[What the log file holds]:LEVEL:(trace debug info notice warning error)' \
    '(-h --help)-h[Show help and exit]' \
    '(-h --help)--help[Show help and exit]'
}

_isobar_completions() {
  _arguments -s -S \
    '(-c --config)-c+[Read this configuration]:FILE:_files' \
    '(-c --config)--config=[Read this configuration]:FILE:_files' \
    '(-q --quiet)-q[Say nothing but errors]' \
    '(-q --quiet)--quiet[Say nothing but errors]' \
    '*-v[Say more\: a line for each path]' \
    '*--verbose[Say more\: a line for each path]' \
    '(--color --no-color)--color[Use colours]' \
    '(--color --no-color)--no-color[Use colours]' \
    '--log-file=[Append a log to this file, which rotates by size and age]:FILE:_files' \
    '--log-level=[What the log file holds]:LEVEL:(trace debug info notice warning error)' \
    '(-h --help)-h[Show help and exit]' \
    '(-h --help)--help[Show help and exit]' \
    ':SHELL:(bash zsh fish)'
}

_isobar_man() {
  _arguments -s -S \
    '(-c --config)-c+[Read this configuration]:FILE:_files' \
    '(-c --config)--config=[Read this configuration]:FILE:_files' \
    '(-q --quiet)-q[Say nothing but errors]' \
    '(-q --quiet)--quiet[Say nothing but errors]' \
    '*-v[Say more\: a line for each path]' \
    '*--verbose[Say more\: a line for each path]' \
    '(--color --no-color)--color[Use colours]' \
    '(--color --no-color)--no-color[Use colours]' \
    '--log-file=[Append a log to this file, which rotates by size and age]:FILE:_files' \
    '--log-level=[What the log file holds]:LEVEL:(trace debug info notice warning error)' \
    '(-h --help)-h[Show help and exit]' \
    '(-h --help)--help[Show help and exit]'
}

_isobar_version() {
  _arguments -s -S \
    '--json[Print one JSON object at the end instead of text; errors too]' \
    '(-c --config)-c+[Read this configuration]:FILE:_files' \
    '(-c --config)--config=[Read this configuration]:FILE:_files' \
    '(-q --quiet)-q[Say nothing but errors]' \
    '(-q --quiet)--quiet[Say nothing but errors]' \
    '*-v[Say more\: a line for each path]' \
    '*--verbose[Say more\: a line for each path]' \
    '(--color --no-color)--color[Use colours]' \
    '(--color --no-color)--no-color[Use colours]' \
    '--log-file=[Append a log to this file, which rotates by size and age]:FILE:_files' \
    '--log-level=[What the log file holds]:LEVEL:(trace debug info notice warning error)' \
    '(-h --help)-h[Show help and exit]' \
    '(-h --help)--help[Show help and exit]'
}

if [ "$funcstack[1]" = '_isobar' ]; then
  _isobar "$@"
else
  compdef _isobar isobar
fi
