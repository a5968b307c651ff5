#compdef tide

_tide() {
  local context state line
  typeset -A opt_args
  _arguments -s -S -C \
    '(-c --config)-c+[Read this configuration]:FILE:_files' \
    '(-c --config)--config=[Read this configuration]:FILE:_files' \
    '*-v[Say more; twice for everything]' \
    '*--verbose[Say more; twice for everything]' \
    '(--colour --no-colour)--colour[Use colours]' \
    '(--colour --no-colour)--no-colour[Use colours]' \
    '--version[Show the version and exit]' \
    '(-h --help)-h[Show help and exit]' \
    '(-h --help)--help[Show help and exit]' \
    '1:command:->command' \
    '*::argument:->arguments'
  case $state in
    command)
      local -a commands=(
        'sync:Make two places equal'
        'conflicts:Show and settle conflicts'
        'get:Fetch one file'
        'help:Show help'
      )
      _describe -t commands command commands
      ;;
    arguments)
      case $words[1] in
        'sync') _tide_sync ;;
        'conflicts') _tide_conflicts ;;
        'get') _tide_get ;;
      esac
      ;;
  esac
}

_tide_sync() {
  _arguments -s -S \
    '(-n --dry-run)-n[Show what would be done and do nothing]' \
    '(-n --dry-run)--dry-run[Show what would be done and do nothing]' \
    '--conflict=[What to do with a file that was changed on both sides since they were last equal]:POLICY:(newest largest keep-both)' \
    '(-l --limit)-l+[Bytes per second]:RATE: ' \
    '(-l --limit)--limit=[Bytes per second]:RATE: ' \
    '(-j --jobs)-j+[Transfers at once]:N: ' \
    '(-j --jobs)--jobs=[Transfers at once]:N: ' \
    '--stall=[Give up on a silent server]:TIME: ' \
    '*-x+[Leave these out]:PATTERN: ' \
    '*--exclude=[Leave these out]:PATTERN: ' \
    '(-c --config)-c+[Read this configuration]:FILE:_files' \
    '(-c --config)--config=[Read this configuration]:FILE:_files' \
    '*-v[Say more; twice for everything]' \
    '*--verbose[Say more; twice for everything]' \
    '(--colour --no-colour)--colour[Use colours]' \
    '(--colour --no-colour)--no-colour[Use colours]' \
    '(-h --help)-h[Show help and exit]' \
    '(-h --help)--help[Show help and exit]' \
    ':LEFT:_files' \
    '*:RIGHT:_files'
}

_tide_conflicts() {
  local context state line
  typeset -A opt_args
  _arguments -s -S -C \
    '(-c --config)-c+[Read this configuration]:FILE:_files' \
    '(-c --config)--config=[Read this configuration]:FILE:_files' \
    '*-v[Say more; twice for everything]' \
    '*--verbose[Say more; twice for everything]' \
    '(--colour --no-colour)--colour[Use colours]' \
    '(--colour --no-colour)--no-colour[Use colours]' \
    '(-h --help)-h[Show help and exit]' \
    '(-h --help)--help[Show help and exit]' \
    '1:command:->command' \
    '*::argument:->arguments'
  case $state in
    command)
      local -a commands=(
        'list:List what waits'
        'resolve:Settle one'
      )
      _describe -t commands command commands
      ;;
    arguments)
      case $words[1] in
        'list') _tide_conflicts_list ;;
        'resolve') _tide_conflicts_resolve ;;
      esac
      ;;
  esac
}

_tide_conflicts_list() {
  _arguments -s -S \
    '(-c --config)-c+[Read this configuration]:FILE:_files' \
    '(-c --config)--config=[Read this configuration]:FILE:_files' \
    '*-v[Say more; twice for everything]' \
    '*--verbose[Say more; twice for everything]' \
    '(--colour --no-colour)--colour[Use colours]' \
    '(--colour --no-colour)--no-colour[Use colours]' \
    '(-h --help)-h[Show help and exit]' \
    '(-h --help)--help[Show help and exit]'
}

_tide_conflicts_resolve() {
  _arguments -s -S \
    '(-c --config)-c+[Read this configuration]:FILE:_files' \
    '(-c --config)--config=[Read this configuration]:FILE:_files' \
    '*-v[Say more; twice for everything]' \
    '*--verbose[Say more; twice for everything]' \
    '(--colour --no-colour)--colour[Use colours]' \
    '(--colour --no-colour)--no-colour[Use colours]' \
    '(-h --help)-h[Show help and exit]' \
    '(-h --help)--help[Show help and exit]' \
    ':SIDE:(left right)' \
    '*:PATH:_files'
}

_tide_get() {
  _arguments -s -S \
    '(-c --config)-c+[Read this configuration]:FILE:_files' \
    '(-c --config)--config=[Read this configuration]:FILE:_files' \
    '*-v[Say more; twice for everything]' \
    '*--verbose[Say more; twice for everything]' \
    '(--colour --no-colour)--colour[Use colours]' \
    '(--colour --no-colour)--no-colour[Use colours]' \
    '(-h --help)-h[Show help and exit]' \
    '(-h --help)--help[Show help and exit]' \
    ':SOURCE:_files' \
    '::TARGET:_files'
}

if [ "$funcstack[1]" = '_tide' ]; then
  _tide "$@"
else
  compdef _tide tide
fi
